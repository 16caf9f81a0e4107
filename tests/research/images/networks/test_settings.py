"""What is decided before torch is needed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.errors import MissingExtraError, UsageError
from img2music.research.images.datasets import RatedImages
from img2music.research.images.model_file import words_of
from img2music.research.images.networks.architecture import build
from img2music.research.images.networks.preparation import Target, fingerprint, split
from img2music.research.images.networks.running import sweep
from img2music.research.images.networks.settings import (
    EFFICIENTNET_LITES,
    TORCHVISION,
    HeadKind,
    Learning,
    Normalization,
    Settings,
    options_of,
)
from img2music.research.images.networks.steps import STEP_EPOCHS, factor
from tests.support.commands import refused


def rated(count: int, themes: int = 7) -> RatedImages:
    affect = np.random.default_rng(count).uniform(0, 1, (count, 2))
    names = tuple(f"theme {number % themes}" for number in range(count))
    return RatedImages(tuple(Path(f"{number}.jpg") for number in range(count)), affect, names)


@given(st.integers(10, 300), st.integers(2, 9), st.floats(0.05, 0.8), st.booleans(), st.integers(0, 5))
def test_split(count: int, themes: int, share: float, by_theme: bool, seed: int) -> None:
    images = rated(count, themes)
    settings = Settings("alexnet", validation=share, by_theme=by_theme, seed=seed)
    training, validation = split(images, settings)
    assert sorted(np.concatenate([training, validation])) == list(range(count))
    assert len(training) > 0
    assert len(validation) > 0
    assert all(np.array_equal(*pair) for pair in zip((training, validation), split(images, settings), strict=True))
    if by_theme:
        assert {images.themes[i] for i in training}.isdisjoint(images.themes[i] for i in validation)
        assert len(validation) <= share * count + 1 + np.ceil(count / themes)
    else:
        assert len(validation) == max(2, round(share * count))


def test_what_can_not_be_split() -> None:
    settings = Settings("alexnet")
    with pytest.raises(UsageError, match="at least 10 rated images; there are 1"):
        split(rated(1), settings)
    for wrong in (np.nan, 1.1, -0.1, np.inf):
        images = rated(20)
        images.affect[3, 1] = wrong
        with pytest.raises(UsageError, match=r"rating of 3\.jpg is not a number within its scale"):
            split(images, settings)
    with pytest.raises(UsageError, match="of one theme"):
        split(rated(20, 1), Settings("alexnet", by_theme=True))


@pytest.mark.parametrize("wrong", [0.0, -1e-4, np.nan, np.inf])
def test_rates_and_epochs_that_make_no_sense(wrong: float) -> None:
    with pytest.raises(UsageError, match="`lr`"):
        Settings("alexnet", lr=wrong)
    with pytest.raises(UsageError, match="at least one epoch, not 0"):
        Settings("alexnet", epochs=0)


def test_targets() -> None:
    affect = np.array([[0.2, 0.1], [0.6, 0.5], [0.4, 0.2]])
    stretched = Target.of(Normalization.MINMAX, affect)
    assert (stretched.low, stretched.high) == ((0.2, 0.1), (0.6, 0.5))
    assert stretched.normalize(affect) == pytest.approx(np.array([[0, 0], [1, 1], [0.5, 0.25]]))
    assert np.array_equal(Target.of(Normalization.SCALE, affect).normalize(affect), affect)
    with pytest.raises(UsageError, match="`normalization=scale`"):
        Target.of(Normalization.MINMAX, affect[:1])


def test_fingerprints() -> None:
    images = rated(20)
    moved = RatedImages(tuple(Path("elsewhere") / path for path in images.paths), images.affect, images.themes)
    assert fingerprint(images) == fingerprint(moved)
    others = images.affect.copy()
    others[0, 0] += 1e-9
    assert fingerprint(images) != fingerprint(RatedImages(images.paths, others, images.themes))
    assert fingerprint(images) != fingerprint(RatedImages(images.paths[::-1], images.affect, images.themes))


def test_learning_rate_of_the_original() -> None:
    rates = [factor(Settings("alexnet").recipe, epoch, 50) for epoch in range(50)]
    assert rates == pytest.approx([0.1 ** (epoch // STEP_EPOCHS) for epoch in range(50)])


def test_sweep() -> None:
    first = Settings("alexnet", seed=4)
    assert sweep(first, [], [], []) == [first]
    both = [Learning.FROZEN, Learning.FINETUNE]
    runs = sweep(first, both, [1e-3, 1e-4, 1e-3], [10, 50])
    assert len(runs) == len({run.label for run in runs}) == 8
    assert all(run.seed == 4 for run in runs)


def test_the_command_keeps_the_users_folders_to_itself() -> None:
    stepwise = options_of(Settings("vgg19_bn", weights="/home/me/weights.pth"), HeadKind.LINEAR)
    assert " ".join(words_of(stepwise)) == (
        "--network vgg19_bn --weights weights.pth --learning frozen --head linear --recipe original "
        "--normalization minmax --lr 0.0001 --momentum 0.9 --epochs 50 --batch-size 32 --validation 0.2 --seed 0"
    )
    solved = options_of(Settings("alexnet", seed=3), HeadKind.RIDGE)
    assert " ".join(words_of(solved)) == (
        "--network alexnet --weights pretrained --learning frozen --head ridge --batch-size 32 --validation 0.2 "
        "--seed 3"
    )


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--weights", ["none"]),
        ("--learning", ["frozen"]),
        ("--head", ["ridge"]),
        ("--recipe", ["modern"]),
        ("--lr", ["0.1"]),
        ("--momentum", ["0"]),
        ("--batch-size", ["8"]),
        ("--epochs", ["3"]),
        ("--normalization", ["scale"]),
        ("--validation", ["0.1"]),
        ("--group-by-theme", []),
        ("--size", ["64"]),
        ("--resume", []),
        ("--device", ["cpu"]),
        ("--jobs", ["0"]),
        ("--checkpoint-dir", ["c"]),
        ("--log-dir", ["l"]),
        ("--result-dir", ["r"]),
    ],
)
def test_options_that_the_default_network_has_no_use_for(option: str, values: list[str], tmp_path: Path) -> None:
    arguments = ["train", "image", "--data", str(tmp_path), "--out", str(tmp_path / "model.onnx"), option, *values]
    assert refused(*arguments).startswith(f"img2music: {option} is for networks that PyTorch runs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", ["ridge", "kernel"])
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--recipe", ["modern"]),
        ("--lr", ["0.1"]),
        ("--momentum", ["0"]),
        ("--epochs", ["3"]),
        ("--normalization", ["scale"]),
        ("--resume", []),
        ("--jobs", ["0"]),
        ("--checkpoint-dir", ["c"]),
        ("--log-dir", ["l"]),
        ("--result-dir", ["r"]),
        ("--learning", ["finetune"]),
    ],
)
def test_options_that_a_head_that_is_solved_for_has_no_use_for(
    head: str, option: str, values: list[str], tmp_path: Path
) -> None:
    where = ["--data", str(tmp_path), "--out", str(tmp_path / "model.onnx"), "--network", "alexnet", "--head", head]
    told = refused("train", "image", *where, option, *values)
    assert told.startswith(f"img2music: {option} ")
    assert f"--head {head} is solved for" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("network", [*TORCHVISION, *EFFICIENTNET_LITES, "timm:convnext_atto"])
def test_without_torch(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"img2music\[torch\]"):
        build(Settings(network))
