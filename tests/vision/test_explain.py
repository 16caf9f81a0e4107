"""What is said to move the affect of a picture does move it."""

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from benchmarks.explain import top_region
from img2music.errors import InputError, UsageError
from img2music.vision.explain import affect_maps, explain
from img2music.vision.explanation_plot import overlay
from img2music.vision.model import ImageModel
from tests.support.small_models import SIDE, colour_model, written

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> ImageModel:
    return ImageModel.load(written(tmp_path_factory.mktemp("models"), colour_model()), threads=1)


def painted(background: int, *squares: tuple[tuple[int, int], tuple[int, int, int]]) -> np.ndarray:
    """A picture with squares of a fifth of its side at rows and columns."""
    pixels = np.full((SIDE, SIDE, 3), background, dtype=np.uint8)
    for (top, left), colour in squares:
        pixels[top : top + 6, left : left + 6] = colour
    return pixels


def test_each_axis_points_at_what_raises_it(colours: ImageModel) -> None:
    affect, valence, arousal = affect_maps(colours, painted(0, ((3, 4), RED), ((22, 20), GREEN)))
    assert affect == pytest.approx([36 / SIDE**2] * 2, abs=1e-6)
    for effect, (row, column) in ((valence, (6, 7)), (arousal, (25, 23))):
        assert effect.shape == (SIDE, SIDE)
        assert effect[row, column] > 0.9 * effect.max() > 0
        rows, columns = top_region(effect)
        assert row in range(rows.start, rows.stop)
        assert column in range(columns.start, columns.stop)
    assert valence[25, 23] == pytest.approx(0, abs=1e-3)


def test_what_lowers_it_is_negative(colours: ImageModel) -> None:
    _, valence, arousal = affect_maps(colours, painted(255, ((3, 4), GREEN)))
    assert valence[6, 7] < 0.9 * valence.min() < 0
    assert arousal == pytest.approx(0, abs=1e-6)
    rows, columns = top_region(valence)
    assert 6 in range(rows.start, rows.stop)
    assert 7 in range(columns.start, columns.stop)


def test_nothing_moves_a_picture_of_one_colour(colours: ImageModel) -> None:
    _, valence, arousal = affect_maps(colours, painted(93))
    assert not valence.any()
    assert not arousal.any()


@given(arrays(np.float32, (9, 9), elements=st.floats(-1, 1, width=16)), st.floats(0.01, 1))
def test_the_top_region_is_the_one_that_does_most(effect: np.ndarray, share: float) -> None:
    rows, columns = top_region(effect, share)
    size = rows.stop - rows.start
    assert size == columns.stop - columns.start == max(1, round(9 * share))
    sums = [abs(effect[y : y + size, x : x + size].sum()) for y in range(10 - size) for x in range(10 - size)]
    assert abs(effect[rows, columns].sum()) == pytest.approx(max(sums), abs=1e-4)


def test_an_explanation_holds_the_picture_and_its_affect(colours: ImageModel, tmp_path: Path) -> None:
    file = tmp_path / "wide.png"
    Image.new("RGB", (1600, 400), (255, 0, 0)).save(file)
    found = explain(colours, file)
    assert (found.path, found.model) == (str(file), "colours/1")
    assert (found.affect.valence, found.affect.arousal) == pytest.approx((1, 0))
    assert found.photo.shape == (160, 640, 3)
    with pytest.raises(InputError, match="no such file"):
        explain(colours, tmp_path / "gone.png")


def test_the_drawing_is_red_where_affect_is_raised_and_blue_where_lowered(tmp_path: Path) -> None:
    photo, drawing = tmp_path / "photo.png", tmp_path / "why.png"
    raising = [((row, column), RED) for row, column in ((2, 4), (2, 10), (8, 4), (8, 10))]
    lowering = [((row + 16, column), (0, 128, 128)) for (row, column), _ in raising]
    Image.fromarray(painted(128, *raising, *lowering)).resize((480, 480)).save(photo)
    model = ImageModel.load(written(tmp_path, colour_model(gain=1.6)))
    explain(model, photo).plot(drawing)
    with Image.open(drawing) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    # Of three panels and a bar, the second is the valence.
    panel = pixels[40:, round(0.31 * pixels.shape[1]) : round(0.6 * pixels.shape[1])]
    redness = panel[:, :, 0] - panel[:, :, 2]
    upper, lower = redness[: len(panel) // 2], redness[len(panel) // 2 :]
    assert upper.max() > 60
    assert lower.min() < -60
    assert upper.min() > -20
    assert lower.max() < 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["colours.onnx", "photo.png", "why.png"]


def test_the_overlay_shows_the_same_and_lets_the_rest_through(colours: ImageModel, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(painted(0, ((3, 4), RED))).save(photo)
    found = explain(colours, photo)
    with Image.open(io.BytesIO(overlay(found, found.valence))) as image:
        assert image.mode == "RGBA"
        raised = np.asarray(image)
    assert raised[6, 7, :3].tolist() == [178, 24, 43]
    assert raised[6, 7, 3] > 0.9 * raised[:, :, 3].max() > 100
    assert raised[25, 25, 3] == 0
    with Image.open(io.BytesIO(overlay(found, -found.valence))) as image:
        assert np.asarray(image)[6, 7, :3].tolist() == [33, 102, 172]


def test_drawings_are_always_the_same_and_well_formed(colours: ImageModel, tmp_path: Path) -> None:
    photo = tmp_path / "a$b$.png"
    Image.new("RGB", (1, 1)).save(photo)
    found = explain(colours, photo)
    for name in ("1.svg", "1.svg", "2.svg"):  # an older drawing is replaced
        found.plot(tmp_path / name)
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
    words = " ".join(ElementTree.parse(tmp_path / "1.svg").getroot().itertext())
    assert "a$b$.png" in words
    assert "valence 0.00" in words
    with pytest.raises(UsageError, match=r"why\.gif"):
        found.plot(tmp_path / "why.gif")
    before = photo.read_bytes()
    with pytest.raises(UsageError, match="is the picture itself"):
        found.plot(photo)
    (tmp_path / "other.png").write_bytes(before)
    with pytest.raises(InputError, match="is not a plot by img2music"):
        found.plot(tmp_path / "other.png")
    assert photo.read_bytes() == (tmp_path / "other.png").read_bytes() == before
    with pytest.raises(InputError, match="nowhere"):
        found.plot(tmp_path / "nowhere" / "why.png")


def test_a_picture_in_memory_is_explained_too(colours: ImageModel) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(content, "PNG")
    content.seek(0)
    found = explain(colours, content)
    assert (found.path, found.affect.valence, found.photo.shape) == ("picture", pytest.approx(1), (30, 40, 3))
