"""From photos to a film, with the real command."""

import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import jsonschema
import numpy as np
import pytest
import soundfile
from PIL import Image

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from tests.cli.conftest import Shell
from tests.conftest import ROOT, Locations
from tests.soundtrack.test_film import grain
from tests.support.films import write_film
from tests.support.small_models import colour_model, written
from tests.support.songs import library as make_library
from tests.support.songs import record
from tests.support.sounds import clicks, encode
from tests.support.soundtracks import Track, talk
from tests.support.soundtracks import film as sounding

pytestmark = pytest.mark.slow

Run = Callable[..., str]

# Red says valence, green says arousal.
PHOTOS = {"a": (0.6, 0.1), "b": (0.7, 0.9), "c": (0.65, 0.5), "d": (0.6, 0.15), "e": (0.2, 0.55)}
SECONDS = 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, places: Locations) -> Path:
    folder = tmp_path_factory.mktemp("slideshow")
    (folder / "photos").mkdir()
    for name, (red, green) in PHOTOS.items():
        Image.fromarray(grain(red, green)).resize((320, 240)).save(folder / "photos" / f"{name}.jpg")
    written(folder, colour_model())
    songs = []
    for name, mood, tempo, lasts in (("calm", (0.6, 0.1), 90.0, 9.0), ("lively", (0.7, 0.9), 120.0, 12.0)):
        path = encode(folder / f"{name}.flac", clicks(tempo, lasts, 44_100), "flac")
        curve = [CurvePoint(at, min(at + 3.0, lasts), Affect(*mood)) for at in np.arange(0.0, lasts, 3.0).tolist()]
        songs.append(record(str(path), *mood, duration=lasts, curve=curve, title=name))
    make_library(places(folder / "library.db"), songs).close()
    return folder


@pytest.fixture
def run(folder: Path, places: Locations, shell: Shell) -> Run:
    """Run the command as the shell does, check its exit code, and give what it told."""

    def run_command(*arguments: object, code: int = 0, photos: Path | None = None, alone: bool = False) -> str:
        usual = {"--library": places(folder / "library.db"), "--size": 90, "--image-model": folder / "colours.onnx"}
        usual |= {"--match": "absolute", "--least-scene": 2, "--fps": 25}
        if "--whole-song" not in arguments:
            usual["--seconds-per-photo"] = SECONDS
        words = ["slideshow", photos or folder / "photos"]
        words += [word for pair in usual.items() if pair[0] not in arguments for word in pair]
        if alone:
            words = ["slideshow", "--image-model", folder / "colours.onnx"]
        return shell(*words, *arguments, code=code)[1]

    return run_command


def frames(film: Path) -> list[np.ndarray]:
    with av.open(str(film)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def middles(film: Path, rate: int = 25) -> list[tuple[float, float]]:
    """Red and green in the middle of each photo's time."""
    shown = frames(film)
    places = [round((number + 0.5) * SECONDS * rate) for number in range(len(PHOTOS))]
    return [(float(red) / 255, float(green) / 255) for red, green, _ in (shown[n].mean(axis=(0, 1)) for n in places)]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm"])
def test_a_film_with_music(run: Run, tmp_path: Path, ending: str) -> None:
    film = tmp_path / f"film.{ending}"
    assert run("--output", film).startswith(f"img2music: written to {film}\n")
    assert [each.name for each in tmp_path.iterdir()] == [film.name]
    expected = round(len(PHOTOS) * SECONDS * 25) / 25
    with av.open(str(film)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert context.name in ({"vp9", "libvpx-vp9"} if ending == "webm" else {"h264"})
        assert (context.width, context.height, context.pix_fmt) == (160, 90, "yuv420p")
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        assert video.average_rate == 25
        times = [float(frame.time) for frame in container.decode(video)]
        assert times == pytest.approx(np.arange(round(expected * 25)) / 25, abs=0.002)
        container.seek(0)
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(sound)])
    assert len(heard) / sound.rate == pytest.approx(expected, abs=0.03)
    assert np.abs(heard).max() > 0.1


@pytest.mark.parametrize(("order", "expected"), [("name", "abcde"), ("mood", "aebcd"), ("date", "edcba")])
def test_orders(run: Run, folder: Path, tmp_path: Path, order: str, expected: str) -> None:
    import os

    for age, name in enumerate(PHOTOS):
        os.utime(folder / "photos" / f"{name}.jpg", (10**9 - age, 10**9 - age))
    told = run("--silent", "--order", order, "--output", tmp_path / "film.mp4")
    assert ("5 photos do not tell when they were taken: the time of the file counts." in told) is (order == "date")
    seen = middles(tmp_path / "film.mp4")
    assert seen == [pytest.approx(PHOTOS[name], abs=0.02) for name in expected]


@pytest.mark.parametrize(("shape", "size"), [("16:9", (160, 90)), ("9:16", (90, 160)), ("1:1", (90, 90))])
def test_shapes(run: Run, tmp_path: Path, shape: str, size: tuple[int, int]) -> None:
    run("--silent", "--shape", shape, "--output", tmp_path / "film.mp4")
    seen = frames(tmp_path / "film.mp4")
    assert seen[0].shape == (size[1], size[0], 3)
    middle = seen[18][size[1] // 2 - 8 : size[1] // 2 + 8].mean(axis=(0, 1))
    assert middle == pytest.approx([0.6 * 255, 0.1 * 255, 0.3 * 255], abs=6)


def test_cross_fades_and_cuts(run: Run, tmp_path: Path) -> None:
    run("--silent", "--output", tmp_path / "fades.mp4")
    run("--silent", "--cross-fade", 0, "--output", tmp_path / "cuts.mp4")
    fades, cuts = (
        np.array([frame.mean(axis=(0, 1))[1] for frame in frames(tmp_path / name)[:60]])
        for name in ("fades.mp4", "cuts.mp4")
    )
    assert np.abs(np.diff(cuts)).max() > 180  # at once
    assert np.abs(np.diff(fades)).max() < 25  # over half a second
    assert fades[38] == pytest.approx((fades[20] + fades[55]) / 2, abs=15)


def test_the_music_follows_the_photos(run: Run, tmp_path: Path) -> None:
    film, sheet = tmp_path / "film.mp4", tmp_path / "cues.json"
    run("--order", "mood", "--cues", "scene", "--output", film, "--sheet-output", sheet)
    document = json.loads(sheet.read_bytes())
    jsonschema.validate(document, json.loads((ROOT / "docs/schemas/cues.json").read_text(encoding="utf-8")))
    assert document["film"] == {"path": str(film), "duration": 7.52, "fps": 25.0, "frames": 188}
    shots = [shot for scene in document["scenes"] for shot in scene["shots"]]
    assert len(shots) == len(PHOTOS)
    assert [shot["end_frame"] for shot in shots[:-1]] == [shot["start_frame"] for shot in shots[1:]]
    assert {cue["track"]["title"] for cue in document["cues"]} == {"calm", "lively"}


def test_a_film_is_made_again_from_its_edited_sheet(run: Run, tmp_path: Path) -> None:
    first, sheet, again = tmp_path / "first.mp4", tmp_path / "cues.json", tmp_path / "again.mp4"
    run("--order", "mood", "--shape", "1:1", "--output", first, "--sheet-output", sheet)
    document = json.loads(sheet.read_bytes())
    photos = document["slideshow"]["photos"]
    assert [Path(photo["path"]).stem for photo in photos] == list("aebcd")  # in the order of the film
    assert (document["slideshow"]["width"], document["slideshow"]["height"]) == (90, 90)
    run_again = ("--sheet", sheet, "--output", again)
    run(*run_again, alone=True)
    shown = frames(first)
    # The same pictures, as an encoder on several threads may write them.
    assert np.abs(np.subtract(shown, frames(again))).mean(axis=(1, 2, 3)).max() < 1.0

    photos[0]["path"], photos[1]["path"] = photos[1]["path"], photos[0]["path"]
    photos[2]["start"] += 0.4
    sheet.write_text(json.dumps(document))
    timeline = tmp_path / "again.otio"
    run(*run_again, "--sheet-output", timeline, "--force", alone=True)
    edited = frames(again)
    assert len(edited) == len(shown)
    assert edited[10].mean(axis=(0, 1)) == pytest.approx(np.array([0.2, 0.55, 0.3]) * 255, abs=6)
    (pictures, *music) = json.loads(timeline.read_bytes())["tracks"]["children"]
    assert [clip["name"] for clip in pictures["children"]] == ["e.jpg", "a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert {track["name"] for track in music} <= {"Music 1", "Music 2"}  # the song is heard once
    told = run(*run_again, "--force", "--order", "mood", alone=True, code=2)
    assert "--sheet goes without --order" in told


def test_a_sheet_of_a_film_without_end_is_refused(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "cues.json"
    run("--silent", "--output", tmp_path / "first.mp4", "--sheet-output", sheet)
    document = json.loads(sheet.read_bytes())
    document["film"]["duration"] = 1e9
    sheet.write_text(json.dumps(document))
    assert "more than a day" in run("--sheet", sheet, "--output", tmp_path / "again.mp4", alone=True, code=2)


def test_photos_change_on_beats(run: Run, tmp_path: Path) -> None:
    film, sheet = tmp_path / "film.mp4", tmp_path / "cues.json"
    run("--whole-song", "--pin", "1=lively", "--cross-fade", 0, "--output", film, "--sheet-output", sheet)
    changes = [shot["start"] for scene in json.loads(sheet.read_bytes())["scenes"] for shot in scene["shots"]][1:]
    beats = np.arange(0.1, 12.0, 0.5)
    assert len(changes) == len(PHOTOS) - 1
    assert np.abs(np.array(changes)[:, None] - beats).min(axis=1).max() < 0.035
    colours = np.array([frame.mean(axis=(0, 1)) for frame in frames(film)[:260]])
    seen = (np.flatnonzero(np.abs(np.diff(colours, axis=0)).max(axis=1) > 8.0) + 1) / 25
    assert seen == pytest.approx(changes, abs=0.001)


def test_a_whole_song(run: Run, tmp_path: Path) -> None:
    film, sheet = tmp_path / "film.mp4", tmp_path / "cues.json"
    run("--whole-song", "--pin", "1=lively", "--output", film, "--sheet-output", sheet)
    document = json.loads(sheet.read_bytes())
    (cue,) = document["cues"]
    assert (cue["track"]["title"], cue["passage"]) == ("lively", {"start": 0.0, "end": 12.0})
    assert len(frames(film)) == 300
    run("--whole-song", "--output", film, "--sheet-output", sheet, "--force")
    assert len(json.loads(sheet.read_bytes())["cues"]) == 1


def test_captions(run: Run, folder: Path, tmp_path: Path) -> None:
    run("--silent", "--output", tmp_path / "plain.mp4")
    run("--silent", "--captions", "name", "--output", tmp_path / "named.mp4")
    plain, named = (frames(tmp_path / name)[19] for name in ("plain.mp4", "named.mp4"))
    changed = np.abs(plain - named).mean(axis=2) > 40
    assert changed[70:].any()
    assert not changed[:60].any()
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "𬺰.jpg").write_bytes((folder / "photos/a.jpg").read_bytes())
    told = run("--silent", "--captions", "name", "--output", tmp_path / "film.mp4", photos=photos)
    assert "Left out of the captions, for want of a font: 1 letter (𬺰); give one that has them as --font." in told


def test_bad_photos_are_told_and_left_out(run: Run, folder: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in "ab":
        (photos / f"{name}.jpg").write_bytes((folder / f"photos/{name}.jpg").read_bytes())
    (photos / "c.jpg").write_bytes(b"\xff\xd8\xff")
    (photos / "b.jpg").write_bytes((photos / "b.jpg").read_bytes()[:-2])
    told = run("--silent", "--output", tmp_path / "film.mp4", photos=photos, code=1)
    assert f"img2music: {photos / 'b.jpg'}: damaged or cut short; read as far as it goes." in told
    assert f"img2music: {photos / 'c.jpg'}: the image is damaged or cut short" in told
    assert len(frames(tmp_path / "film.mp4")) == 75


@pytest.mark.parametrize("name", ["c.heic", "c.jpg", "clip.mp4"])
def test_what_is_left_out_is_told_before_rendering(
    run: Run, folder: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told also where nothing can be rendered: here, no song is long enough."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes((folder / "photos/a.jpg").read_bytes())
    (photos / name).write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" if name == "c.heic" else b"")
    more = ("--cues", "one", "--seconds-per-photo", 20, "--output", tmp_path / "film.mp4")
    first, last = run(*more, photos=photos, code=2).splitlines()
    assert str(photos / name) in first
    assert "No song is as long as the film" in last


def test_every_cue_sheet_is_written(run: Run, folder: Path, tmp_path: Path) -> None:
    sheets = [tmp_path / "a.otio", tmp_path / "b.json", tmp_path / "c.vtt"]
    asked = [word for sheet in sheets for word in ("--sheet-output", sheet)]
    told = run("--output", tmp_path / "film.mp4", *asked, photos=folder / "photos/a.jpg")
    for sheet in sheets:
        assert sheet.stat().st_size
        assert f"written to {sheet}" in told


def test_an_older_film_is_replaced_only_if_asked_and_never_a_song(run: Run, folder: Path, tmp_path: Path) -> None:
    film, song = tmp_path / "film.mp4", tmp_path / "song.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom")
    song.hardlink_to(folder / "calm.flac")
    photo = folder / "photos/a.jpg"
    assert "give --force" in run("--silent", "--output", film, photos=photo, code=2)
    assert film.stat().st_size == 12
    assert "is the song itself" in run("--silent", "--force", "--output", song, photos=photo, code=2)
    run("--silent", "--force", "--output", film, photos=photo)
    assert len(frames(film)) == 38


def _output_is_a_photo(folder: Path) -> list[object]:
    photo = folder / "photo.mp4"
    photo.write_bytes((folder / "photos/a.jpg").read_bytes())
    return [photo, "--silent", "--output", photo]


BAD: dict[str, tuple[Callable[[Path], list[object]], str]] = {
    "unknown ending": (lambda _: ["--output", "film.txt"], "must end in .mp4, .mov, .mkv or .webm"),
    "unknown ending of the sheet": (
        lambda folder: ["--output", folder / "film.mp4", "--sheet-output", folder / "a.doc"],
        "a cue sheet must end in .json",
    ),
    "a folder": (lambda folder: ["--output", folder / "photos.mp4"], "is a folder"),
    "no such folder": (lambda folder: ["--output", folder / "absent/film.mp4"], "there is no such folder"),
    "a photo": (_output_is_a_photo, "is one of the photos"),
    "no font": (
        lambda folder: ["--silent", "--captions", "name", "--font", folder / "a.ttf"],
        "can't be read as a font",
    ),
    "no song long enough": (lambda _: ["--cues", "one", "--seconds-per-photo", 10], "No song is as long as the film"),
    "no song for the photos": (
        lambda folder: ["--whole-song", *[folder / "photos"] * 3],
        "No song that may be used lasts",
    ),
    "no library": (lambda folder: ["--library", folder / "absent.db"], "absent.db"),
    "silent and a song": (lambda _: ["--silent", "--whole-song"], "--silent goes without --whole-song"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_usage_is_told_in_one_line(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    (folder / "photos.mp4").mkdir(exist_ok=True)
    arguments, message = BAD[name]
    more = arguments(folder)
    before = {path: path.stat().st_mtime_ns for path in [*tmp_path.iterdir(), *folder.rglob("*")]}
    output = [] if "--output" in more else ["--output", tmp_path / "film.mp4"]
    told = run(*output, *more, code=2)
    assert message in told
    assert len([line for line in told.splitlines() if line.startswith(("img2music:", "Error"))]) == 1
    assert {path: path.stat().st_mtime_ns for path in [*tmp_path.iterdir(), *folder.rglob("*")]} == before


@pytest.fixture(scope="module")
def album(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, a clip of six seconds in which someone speaks in the middle, a short upright one, and what is no clip."""
    album = tmp_path_factory.mktemp("album")
    for name in "ac":
        (album / f"{name}.jpg").write_bytes((folder / "photos" / f"{name}.jpg").read_bytes())
    sounding(album / "b.mov", 6.0, Track(talk(6.0, [(2.0, 4.0)]), "mono"))
    shown = np.full((64, 36, 3), (60, 120, 180), dtype=np.uint8)
    write_film(album / "d.mp4", ((number / 24, shown) for number in range(48)), rate=24.0)
    (album / "e.mp4").write_bytes(b"")
    (album / "f.mov").write_bytes(b"moov" * 100)
    soundfile.write(album / "g.ogg", np.zeros(48_000), 48_000)
    (album / "g.ogg").rename(album / "g.mp4")
    (album / "h.avi").write_text("#EXTM3U\n/etc/passwd\n")
    (album / "i.mkv").mkdir()
    return album


def test_films_among_the_photos_are_clips(run: Run, album: Path, tmp_path: Path) -> None:
    film, sheet = tmp_path / "film.mp4", tmp_path / "cues.json"
    told = run("--clip-length", 4, "--output", film, "--sheet-output", sheet, photos=album, code=1)
    for name in "efgh":
        assert len([line for line in told.splitlines() if f"/{name}." in line]) == 1  # and the rest goes on
    document = json.loads(sheet.read_bytes())
    jsonschema.validate(document, json.loads((ROOT / "docs/schemas/cues.json").read_text(encoding="utf-8")))
    shown = {Path(each["path"]).name: each for each in document["slideshow"]["photos"]}
    assert list(shown) == ["a.jpg", "b.mov", "c.jpg", "d.mp4"]
    starts = [each["start"] for each in shown.values()]
    assert starts == pytest.approx([0.0, 1.5, 5.5, 7.0], abs=0.76)
    assert [each["clip_start"] is None for each in shown.values()] == [True, False, True, False]
    own = document["original"]
    assert own["use"] == "duck"
    (speech,) = own["speech"]
    clip = shown["b.mov"]
    assert speech["start"] - clip["start"] == pytest.approx(2.0 - clip["clip_start"], abs=0.3)
    assert [shot["end"] - shot["start"] for scene in document["scenes"] for shot in scene["shots"]][1] > 3.0

    again = tmp_path / "again.mp4"
    run("--sheet", sheet, "--output", again, alone=True)
    first = frames(film)
    assert np.abs(np.subtract(first, frames(again))).mean(axis=(1, 2, 3)).max() < 1.0
    upright = first[round((shown["d.mp4"]["start"] + 0.7) * 25)]
    assert upright[45, 80] == pytest.approx((60, 120, 180), abs=8)
    assert upright[45, 10] == pytest.approx(np.array([60, 120, 180]) * 0.75, abs=8)  # around, itself, a little darker


def test_the_sound_of_clips_is_dropped_or_louder(run: Run, album: Path, tmp_path: Path) -> None:
    run(
        "--original",
        "drop",
        "--output",
        tmp_path / "a.mp4",
        "--sheet-output",
        tmp_path / "a.json",
        photos=album,
        code=1,
    )
    assert json.loads((tmp_path / "a.json").read_bytes())["original"]["use"] == "drop"
    run("--silent", "--output", tmp_path / "b.mp4", photos=album, code=1)
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert not container.streams.audio
    told = run("--photos-only", "--silent", "--output", tmp_path / "c.mp4", photos=album)
    assert "films are left out: " in told
    assert len(frames(tmp_path / "c.mp4")) == round(2 * SECONDS * 25)
    assert "without" in run("--silent", "--duck", 6, "--output", tmp_path / "d.mp4", photos=album, code=2)


def test_clips_alone(run: Run, album: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run("--clip-length", 3, "--output", film, photos=album / "b.mov")
    assert len(frames(film)) == 75
    told = run("--whole-song", "--output", tmp_path / "song.mp4", photos=album / "b.mov", code=2)
    assert "there are only clips" in told


def test_no_photo_at_all(run: Run, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    assert "there is no picture in this folder" in run("--output", tmp_path / "f.mp4", photos=photos, code=2)
    for name in "ab":
        (photos / f"{name}.jpg").write_bytes(b"")
    told = run("--output", tmp_path / "f.mp4", photos=photos, code=2)
    assert "Not one of the 2 photos and films can be read, such as" in told
    assert len(told.splitlines()) == 1


def test_one_photo(run: Run, folder: Path, tmp_path: Path) -> None:
    run("--output", tmp_path / "film.mp4", photos=folder / "photos/a.jpg", code=0)
    shown = frames(tmp_path / "film.mp4")
    assert len(shown) == 38
    light = [frame.mean() for frame in shown]
    assert light[-1] < 0.2 * light[0]  # it goes dark
    assert all(later <= earlier + 2 for earlier, later in itertools.pairwise(light[25:]))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_and_leaves_nothing(folder: Path, tmp_path: Path, sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "img2music", "slideshow", str(folder / "photos"), "--silent", "--image-model"]
    command += [str(folder / "colours.onnx"), "--seconds-per-photo", "60", "--output", str(tmp_path / "film.mp4")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not any(tmp_path.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(sent)
        process.communicate()
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []
