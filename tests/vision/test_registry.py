"""Models by name: which there are, which one is the default, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from img2music.cli.tables import model_rows
from img2music.errors import InputError, ModelError
from img2music.vision import registry
from img2music.vision.description import describe
from img2music.vision.model import ImageModel
from img2music.vision.model_files import DEFAULT, MAX_BYTES, MODELS, VARIABLE, locate
from tests.support.small_models import BAD_MODELS, METADATA, SIDE, colour_model, written


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has chosen nothing."""
    home = tmp_path / "home"
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home / name))
    monkeypatch.delenv(VARIABLE, raising=False)
    return home


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_at_first_there_is_what_is_shipped(user: Path) -> None:
    shipped = sorted(path.stem for path in MODELS.glob("*.onnx"))
    assert [(model.name, model.origin) for model in registry.models().models] == [(name, "shipped") for name in shipped]
    assert [model.name for model in registry.models().models if model.default] == [DEFAULT]
    assert locate() == locate(DEFAULT) == MODELS / f"{DEFAULT}.onnx"
    assert files(user) == []


def test_a_model_is_added_used_and_removed(tmp_path: Path, user: Path) -> None:
    file = written(tmp_path, colour_model(), "any name.onnx")
    added = registry.add(file)
    assert (added.name, added.origin, added.default) == ("colours", "added", False)
    assert Path(added.path).read_bytes() == file.read_bytes()
    assert registry.add(file) == added
    file.unlink()
    assert locate("colours") == Path(added.path)
    assert locate().stem == DEFAULT

    assert registry.use("colours").default
    assert ImageModel.load().name == "colours/1"
    assert [model.name for model in registry.models().models if model.default] == ["colours"]
    with pytest.raises(ModelError, match=f"choose another first, such as {DEFAULT}"):
        registry.remove("colours")
    registry.use(DEFAULT)
    registry.remove("colours")
    assert files(user) == ["image-model"]
    with pytest.raises(ModelError, match="no model called colours"):
        registry.use("colours")


def test_the_variable_goes_before_the_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, colour_model())
    registry.use(DEFAULT)
    monkeypatch.setenv(VARIABLE, str(file))
    assert locate() == file
    assert not any(model.default for model in registry.models().models)
    registry.add(file)
    monkeypatch.setenv(VARIABLE, "colours")
    assert locate() == locate("colours") != file
    monkeypatch.setenv(VARIABLE, "gone")
    with pytest.raises(ModelError, match=rf"gone.*{VARIABLE}.*{DEFAULT}"):
        locate()
    assert locate(DEFAULT).is_file()


def test_a_chosen_model_that_is_gone_is_not_replaced_in_silence(tmp_path: Path) -> None:
    added = registry.add(written(tmp_path, colour_model()))
    registry.use("colours")
    Path(added.path).unlink()
    with pytest.raises(ModelError, match=f"colours, which you have chosen .choose {DEFAULT}"):
        ImageModel.load()
    assert registry.models().default == "colours"
    assert not any(model.default for model in registry.models().models)
    registry.use(DEFAULT)
    assert ImageModel.load().name.startswith(DEFAULT)


def test_a_damaged_choice_can_be_written_anew(user: Path) -> None:
    registry.use(DEFAULT)
    (choice,) = (path for path in user.rglob("image-model") if path.is_file())
    choice.write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=f"image-model.*choose one again, such as {DEFAULT}"):
        locate()
    registry.use(DEFAULT)
    assert locate().stem == DEFAULT


@pytest.mark.parametrize("kind", BAD_MODELS)
def test_bad_models_are_not_added(kind: str, tmp_path: Path, user: Path) -> None:
    content, says = BAD_MODELS[kind]
    file = written(tmp_path, content, "bad.onnx")
    with pytest.raises(ModelError, match=says) as raised:
        registry.add(file)
    assert "\n" not in str(raised.value)
    assert files(user) == []


@pytest.mark.parametrize(
    "name", ["", "../../evil", "/etc/evil", ".hidden", "a\nb", "a:b", " a", "a" * 101, "x\\y", "."]
)
def test_names_that_no_file_can_have_are_refused(name: str, tmp_path: Path, user: Path) -> None:
    with pytest.raises(ModelError, match="can't be the name of a file"):
        registry.add(written(tmp_path, colour_model(name=name)))
    assert files(user) == []


def test_names_that_are_taken_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="comes with img2music"):
        registry.add(written(tmp_path, colour_model(name=DEFAULT)))
    added = registry.add(written(tmp_path, colour_model()))
    with pytest.raises(ModelError, match="another model colours already; remove it first"):
        registry.add(written(tmp_path, colour_model(seed="8")))
    assert Path(added.path).read_bytes() == colour_model()


def test_shipped_models_stay(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="comes with img2music"):
        registry.remove(DEFAULT)
    with pytest.raises(ModelError, match="is a file; add it first"):
        registry.use(str(written(tmp_path, colour_model())))


def test_what_can_not_be_written_changes_nothing(tmp_path: Path, user: Path) -> None:
    user.write_text("a file where the folders should be")
    with pytest.raises(InputError, match="can't be made"):
        registry.add(written(tmp_path, colour_model()))
    with pytest.raises((InputError, ModelError)):
        registry.use(DEFAULT)


def test_a_name_goes_before_a_file_and_a_path_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, colour_model(), DEFAULT)
    assert locate(DEFAULT).parent == MODELS
    assert locate(f"./{DEFAULT}").samefile(file)
    assert locate(Path(DEFAULT)).samefile(file)


def test_huge_files_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.onnx"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(ModelError, match="too large"):
        locate(file)


def test_the_description_has_what_the_metadata_says(tmp_path: Path) -> None:
    file = written(tmp_path, colour_model(licence=None))
    found = describe(file)
    assert (found.model, found.side, found.bytes) == ("colours/1", SIDE, file.stat().st_size)
    assert (found.data, found.licence, found.seed) == (METADATA["data"], None, "7")
    assert found.milliseconds > 0
    rows = dict(model_rows(found))
    assert rows["r, random folds"] == "valence 0.500, arousal 0.250"
    assert rows["licence"] == "not said"
    assert np.isclose(found.metrics["random"]["arousal"]["r"], 0.25)


@pytest.mark.parametrize("metrics", ["", "no json", "[" * 100_000, "NaN", '{"a": 1e999}', "9" * 5000, None])
def test_metrics_that_are_no_json_are_left_out(metrics: str | None, tmp_path: Path) -> None:
    assert describe(written(tmp_path, colour_model(metrics=metrics))).metrics is None


@pytest.mark.parametrize("metrics", ["[1]", '"good"', '{"random": 3}', '{"random": {"valence": {"r": "high"}}}'])
def test_metrics_of_another_shape_are_shown_as_json_only(metrics: str, tmp_path: Path) -> None:
    found = describe(written(tmp_path, colour_model(metrics=metrics)))
    assert found.metrics is not None
    assert not [name for name, _ in model_rows(found) if name.startswith("r,")]
