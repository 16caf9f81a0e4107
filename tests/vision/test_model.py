import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
import vibenet
from PIL import Image
from skimage import data

from img2music import analyze
from img2music.affect import Affect
from img2music.errors import InputError, ModelError, UsageError
from img2music.inference import open_session
from img2music.vision.model import ImageAnalysis, ImageModel, in_order
from img2music.vision.model_files import DEFAULT, MODELS, VARIABLE
from tests.media.test_colours import swapped
from tests.support.small_models import colour_model, model_of_two_sets, written

SHIPPED = MODELS / f"{DEFAULT}.onnx"


@pytest.fixture(scope="module")
def model() -> ImageModel:
    return ImageModel.load(threads=2)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    paths = {name: folder / f"{name}.png" for name in ("cat", "coffee", "rocket", "astronaut")}
    for name, path in paths.items():
        Image.fromarray(getattr(data, name)()).save(path)
    return paths


# What the shipped model reads; a change here is a change of the model, or of how images reach it.
GOLDEN = {"cat": (0.638, 0.553), "coffee": (0.511, 0.473), "rocket": (0.658, 0.562), "astronaut": (0.506, 0.588)}
SPREAD_OF_CAT = (0.164, 0.091)


def test_readings_are_stable(model: ImageModel, photos: dict[str, Path]) -> None:
    found = {Path(item.path).stem: item for item in model.analyze(photos.values())}
    for name, wanted in GOLDEN.items():
        affect = found[name].affect
        assert (affect.valence, affect.arousal) == pytest.approx(wanted, abs=0.005)
    cat = found["cat"]
    assert cat == ImageAnalysis(str(photos["cat"]), cat.affect, "emotion6-oasis-lite2/1", 451, 300, cat.spread)
    assert cat.spread == pytest.approx(SPREAD_OF_CAT, abs=0.005)


def test_readings_do_not_depend_on_the_container(model: ImageModel, photos: dict[str, Path], tmp_path: Path) -> None:
    paths = [photos["cat"]]
    with Image.open(photos["cat"]) as photo:
        for name, options in (("a.jpg", {"quality": 95}), ("b.webp", {"quality": 95}), ("c.bmp", {}), ("d.tiff", {})):
            photo.save(tmp_path / name, **options)
            paths.append(tmp_path / name)
        photo.resize((4510, 3000), Image.Resampling.BICUBIC).save(tmp_path / "e.jpg", quality=90)
        photo.convert("RGBA").save(tmp_path / "f.png")
        paths += [tmp_path / "e.jpg", tmp_path / "f.png"]
    first, *others = model.analyze(paths)
    assert all(other.affect.distance(first.affect) < 0.03 for other in others)
    assert (others[-2].width, others[-2].height) == (4510, 3000)


def test_bad_files_stop_nothing(model: ImageModel, photos: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    paths = [tmp_path / "empty.jpg", photos["cat"], tmp_path / "missing.png", tmp_path, photos["rocket"]]
    found = list(model.analyze(paths))
    assert [type(item) for item in found] == [InputError, ImageAnalysis, InputError, InputError, ImageAnalysis]
    assert [item.path for item in found] == [os.fspath(path) for path in paths]
    assert list(model.analyze([])) == []


def test_a_damaged_photo_is_read_with_a_note(photos: dict[str, Path], tmp_path: Path) -> None:
    with Image.open(photos["cat"]) as cat:
        cat.save(tmp_path / "cat.jpg", quality=90)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cat.jpg").read_bytes()[:-2])
    whole, cut = analyze(tmp_path / "cat.jpg", tmp_path / "cut.jpg").items
    assert cut.affect == whole.affect
    assert whole.to_dict()["note"] is None
    assert cut.to_dict()["note"] == "damaged or cut short; read as far as it goes."


def test_a_profile_is_obeyed(model: ImageModel, photos: dict[str, Path], tmp_path: Path) -> None:
    """One picture in the values of another space, with its profile, is one picture."""
    with Image.open(photos["coffee"]) as coffee:
        coffee.save(tmp_path / "a.png")
        red, green, blue = coffee.split()
        Image.merge("RGB", (green, red, blue)).save(tmp_path / "b.png", icc_profile=swapped())
    plain, other = model.analyze([tmp_path / "a.png", tmp_path / "b.png"])
    assert plain.affect.distance(other.affect) < 0.005


def test_a_missing_extra_stops_nothing(
    model: ImageModel, photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.heic").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    missing, cat = model.analyze([tmp_path / "photo.heic", photos["cat"]])
    assert isinstance(missing, InputError)
    assert "img2music[heic]" in missing.reason
    assert missing.path == str(tmp_path / "photo.heic")
    assert isinstance(cat, ImageAnalysis)


def test_names_that_are_not_text(model: ImageModel, photos: dict[str, Path], tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\n\xf0\x9f\x98\x80.png"
    Path(os.fsdecode(path)).write_bytes(photos["cat"].read_bytes())
    (item,) = model.analyze([os.fsdecode(path)])
    assert isinstance(item, ImageAnalysis)
    assert os.fsencode(item.path) == path


def test_an_endless_batch_is_consumed_as_needed(model: ImageModel, photos: dict[str, Path]) -> None:
    taken = itertools.count()
    paths = (photos["cat"] for _ in taken)
    before = threading.active_count()
    found = model.analyze(paths)
    assert len(list(itertools.islice(found, 5))) == 5
    found.close()
    assert next(taken) <= 12
    assert threading.active_count() == before


def test_in_order_keeps_order_and_raises() -> None:
    assert list(in_order(lambda number: number * 2, range(50), 4)) == list(range(0, 100, 2))
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda number: 1 // number, [2, 1, 0, 3], 2))


def test_metadata_and_reference(model: ImageModel) -> None:
    assert model.name == "emotion6-oasis-lite2/1"
    assert model.metadata["command"] == (
        f"img2music train image --data emotion6 --data oasis --out {SHIPPED.name} --seed 0 --lexicon glasgow.csv"
    )
    assert model.metadata["seed"] == "0"
    assert "Emotion6" in model.metadata["data"]
    assert "OASIS" in model.metadata["data"]
    assert "Apache-2.0" in model.metadata["licence"]
    metrics = json.loads(model.metadata["metrics"])
    # On photos of Emotion6 that the model had not seen, and on those of keywords that it had not.
    assert metrics["random"]["valence"]["r"] >= 0.78
    assert metrics["random"]["arousal"]["r"] >= 0.39
    assert metrics["grouped"]["valence"]["r"] >= 0.68
    assert metrics["grouped"]["arousal"]["r"] >= 0.24
    assert all(0.76 <= share <= 0.84 for share in json.loads(model.metadata["coverage"]).values())
    for axis in (model.reference.valence, model.reference.arousal):
        assert len(axis) == 101
        assert (np.diff(axis) >= 0).all()
        assert axis[0] >= 0
        assert axis[-1] <= 1
    ranks = model.reference.ranks([[0.0, 0.0], [np.median(model.reference.valence)] * 2, [1.0, 1.0]])
    assert ranks[[0, 2]].tolist() == [[0, 0], [1, 1]]
    assert ranks[1, 0] == pytest.approx(0.5, abs=0.01)


def test_the_shipped_model_is_small_and_gives_features() -> None:
    assert SHIPPED.stat().st_size < 10e6
    shipped = onnx.load(SHIPPED)
    onnx.checker.check_model(shipped, full_check=True)
    shapes = {
        output.name: [dim.dim_value or dim.dim_param for dim in output.type.tensor_type.shape.dim]
        for output in shipped.graph.output
    }
    lengths = {"affect": 2, "affect_oasis": 2, "spread": 2, "features": 1280}
    assert shapes == {name: ["n", length] for name, length in lengths.items()}


def test_a_model_reads_as_people_of_one_of_its_sets(tmp_path: Path) -> None:
    model = ImageModel.load(written(tmp_path, model_of_two_sets()))
    Image.new("RGB", (40, 30), (255, 51, 0)).save(tmp_path / "red.png")
    (usual,), (second,), (unknown,) = (
        list(reader.analyze([tmp_path / "red.png"]))
        for reader in (model, model.read_as("second"), model.read_as("third"))
    )
    assert (usual.affect.valence, usual.affect.arousal) == pytest.approx((1, 0.2))
    assert (second.affect.valence, second.affect.arousal) == pytest.approx((0.2, 1))
    assert unknown == usual


def test_load_by_name_and_by_path(tmp_path: Path) -> None:
    assert ImageModel.load(DEFAULT).name == ImageModel.load(SHIPPED).name == ImageModel.load(str(SHIPPED)).name
    with pytest.raises(UsageError, match="threads"):
        ImageModel.load(threads=-1)
    for source in ("nothing", tmp_path / "missing.onnx", tmp_path):
        with pytest.raises(ModelError, match=r"no model file.*emotion6-oasis-lite2"):
            ImageModel.load(source)


def test_bad_model_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = SHIPPED.read_bytes()
    file = tmp_path / "bad.onnx"
    for content in (b"", b"not a model", whole[:1000], whole[: len(whole) // 2], bytes(1000)):
        file.write_bytes(content)
        with pytest.raises(ModelError, match=r"bad\.onnx"):
            ImageModel.load(file)
    other = next(Path(vibenet.__file__).parent.rglob("*.onnx"))
    with pytest.raises(ModelError, match="not an image model of img2music"):
        ImageModel.load(other)
    lacking = onnx.load_from_string(whole)
    for entry in lacking.metadata_props:
        if entry.key == "reference":
            entry.value = "{}"
    file.write_bytes(lacking.SerializeToString())
    with pytest.raises(ModelError, match="lacks part of its description"):
        ImageModel.load(file)
    assert capfd.readouterr() == ("", "")


def test_affect_is_valid_whatever_the_image_shows(model: ImageModel, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number, pixels in enumerate(
        (np.zeros((9, 9, 3)), np.full((1, 1, 3), 255), random.integers(0, 256, (700, 20, 3)))
    ):
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{number}.png")
    for item in model.analyze(sorted(tmp_path.iterdir())):
        assert isinstance(item, ImageAnalysis)
        assert isinstance(item.affect, Affect)


def test_pictures_in_memory_have_names_of_their_own(model: ImageModel, photos: dict[str, Path]) -> None:
    cat = photos["cat"]
    bad = np.zeros((3, 3, 7), dtype=np.uint8)
    with Image.open(cat) as opened, cat.open("rb") as stream:
        found = list(model.analyze([cat, cat.read_bytes(), bad, opened, stream, data.cat()]))
    names = [item.path for item in found]
    assert names == [str(cat), "picture 2", "picture 3", str(cat), str(cat), "picture 6"]
    assert isinstance(found[2], InputError)
    assert len({(item.affect, item.spread) for item in found if isinstance(item, ImageAnalysis)}) == 1


def test_a_model_is_loaded_once_as_long_as_its_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr("img2music.vision.model.open_session", lambda *given: opened.append(1) or open_session(*given))
    file = written(tmp_path, colour_model())
    with ThreadPoolExecutor(8) as pool:
        assert {model.name for model in pool.map(ImageModel.load, [file] * 20)} == {"colours/1"}
    assert len(opened) == 1
    written(tmp_path, colour_model(version="2", seed="another"))
    assert ImageModel.load(file).name == "colours/2"
    monkeypatch.setenv(VARIABLE, str(file))
    assert ImageModel.load().name == "colours/2"
    monkeypatch.delenv(VARIABLE)
    assert ImageModel.load().name.startswith(DEFAULT)
