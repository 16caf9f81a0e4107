"""Songs under a holiday film of photos and clips: how many, how long, from where in them, and how near."""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.film_material import KINDS, Kind, write
from benchmarks.report import Report
from img2music.app.library import Library
from img2music.library.store import LibraryStore
from img2music.media.images import read_image
from img2music.media.video import VideoFile
from img2music.options import SpotOptions
from img2music.soundtrack.beats import listen
from img2music.soundtrack.choosing import Prices
from img2music.soundtrack.cue_sheet import Cue, Scene
from img2music.soundtrack.cueing import ON_BEAT
from img2music.soundtrack.film import Film, group, read_film
from img2music.soundtrack.liveliness import enlivened
from img2music.soundtrack.sound import Heard
from img2music.soundtrack.spotting import candidates, spot
from img2music.vision.model import ImageModel
from tests.support.films import Picture, write_film

PLACES = (
    "Beach", "Street", "Dancing", "Lake", "Rafting", "Camping", "Thunderstorm", "Flowers", "Fireworks", "Snow",
    "Wedding", "Sunset",
)  # fmt: skip
"""Themes of OASIS, of which a film shows each once."""

PLACE = 25.0  # seconds
CLIP = 0.4  # share of shots that are clips: they last longer, and the camera moves
RATE, SIZE = 25.0, (320, 180)
CLIPS = [
    kind for kind in KINDS
    if kind.name in {
        "25.mp4", "29.97.mov", "60.mkv", "varying-rate.mp4", "portrait-flag.mp4", "no-sound.webm", "hdr.mp4", "422.mov",
    }
]  # fmt: skip
"""What the clips of an album are written as, in turn."""

SIDE = 360  # pixels of the shorter side of what is rendered

SETTINGS: dict[str, tuple[SpotOptions, Prices]] = {
    "default": (SpotOptions(alternatives=0), Prices()),
    "from anywhere": (SpotOptions(alternatives=0), Prices(inside=0.25)),
    "songs=4": (SpotOptions(alternatives=0, songs=4), Prices()),
    "before": (SpotOptions(alternatives=0, least_song=1.0), Prices(cue=1.0, inside=0.25)),
}


@dataclass(frozen=True)
class Part:
    """A photo or a clip."""

    photo: Path
    seconds: float
    motion: float  # share of the picture by which the view moves and narrows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", nargs="+", required=True, help="scanned music")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds oasis/")
    parser.add_argument("--films", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for films, albums and what is rendered, to look at")


def planned(photos: Sequence[Path], seed: int) -> list[Part]:
    """The parts of a film, place by place."""
    chance = random.Random(seed)
    parts = []
    for place in chance.sample(PLACES, len(PLACES)):
        chosen = [path for path in photos if path.stem.rstrip("0123456789 ") == place]
        chance.shuffle(chosen)
        left, number = PLACE, 0
        while left > 0.0:
            clip = chance.random() < CLIP
            seconds = chance.uniform(6.0, 9.0) if clip else chance.uniform(3.0, 5.0)
            seconds = left if left < seconds + 3.0 else seconds
            parts.append(Part(chosen[number % len(chosen)], seconds, chance.uniform(0.3, 0.6) if clip else 0.06))
            left -= seconds
            number += 1
    return parts


def shown(parts: Sequence[Part], rate: float = RATE, size: tuple[int, int] = SIZE) -> Iterator[tuple[float, Picture]]:
    number, end = 0, 0.0
    for part in parts:
        image = Image.fromarray(np.asarray(read_image(part.photo)))
        begin, end = end, end + part.seconds
        while number / rate < end - 1e-6:
            share = float(np.clip((number / rate - begin) / part.seconds, 0.0, 1.0))
            width, height = image.width * (1.0 - part.motion), image.height * (1.0 - part.motion)
            if size[0] < size[1]:
                width = height * size[0] / size[1]
            left, top = (image.width - width) * share, (image.height - height) / 2
            view = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
            yield number / rate, np.asarray(view)
            number += 1


def made(folder: Path, photos: Sequence[Path], seed: int) -> Path:
    path = folder / f"holiday{seed}.mp4"
    if not path.exists():
        partial = path.with_suffix(".part.mp4")
        write_film(partial, shown(planned(photos, seed)), rate=RATE)
        partial.rename(path)
    return path


def album(folder: Path, photos: Sequence[Path], seed: int) -> Path:
    """The same places as the files of an album: photos as they are, and clips of many kinds."""
    path = folder / f"album{seed}"
    if not path.exists():
        partial = path.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        clips = 0
        for number, part in enumerate(planned(photos, seed)):
            name = f"{number:03} {part.photo.stem.rstrip('0123456789 ')}"
            if part.motion < 0.1:
                shutil.copy(part.photo, partial / f"{name}{part.photo.suffix}")
                continue
            kind = replace(CLIPS[clips % len(CLIPS)], seconds=part.seconds)
            write(partial / f"{name} {kind.name}", kind, _moving(part, kind))
            clips += 1
        partial.rename(path)
    return path


def _moving(part: Part, kind: Kind) -> Iterator[tuple[float, Picture]]:
    for number, each in enumerate(shown([part], float(kind.rate), kind.size)):
        if not kind.varies or number % 7 not in (2, 3, 5):
            yield each


def watched(path: Path, model: ImageModel) -> tuple[Film, list[Scene]]:
    with VideoFile(path) as video:
        film = read_film(video, model)
    film, scenes = enlivened(film, group(film.shots), Heard(None), model.reference)
    return film, list(scenes)


@dataclass(frozen=True)
class Start:
    """How a cue lies in its song, of which more is heard than when the cue was put on a beat."""

    opening: bool  # it begins as its song does
    beat: bool | None  # it begins on a beat; None where the song has none
    bar: bool | None  # on the first of a bar; None where bars can't be told


OPENING = 4.0  # seconds after its first sound within which a song's first beats are
AROUND = 45.0  # seconds of a song that are heard around where it begins


def start_of(cue: Cue) -> Start:
    begin = cue.passage.start
    beats = listen(cue.track.path, [(0.0, AROUND), (begin - AROUND, begin + AROUND)])
    opening = begin <= (beats.begins or 0.0) + OPENING
    if beats.offset(begin) is None:
        return Start(opening, None, None)
    off = np.abs(beats.times - begin)
    on_beat = bool(off.min() <= ON_BEAT + 0.01)
    near = beats.first[off <= 6.0]
    return Start(opening, on_beat, bool(on_beat and beats.first[off.argmin()]) if near.any() else None)


def share(found: Sequence[bool | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{sum(known)} of {len(known)}"


def run(options: argparse.Namespace) -> Report:
    columns = [
        "library", "choice", "film", "songs", "seconds of each", "from", "at openings", "on beats", "on bars",
        "distance", "CPU s",
    ]  # fmt: skip
    report = Report("holiday", columns)
    photos = sorted((options.data / "oasis" / "images").iterdir())
    model = ImageModel.load(None)

    def add(location: str, name: str, number: int, cues: Sequence[Cue], worked: float) -> None:
        starts = [start_of(cue) for cue in cues]
        lengths = [cue.end - cue.start for cue in cues]
        report.add(
            Path(location).name,
            name,
            number,
            len(cues),
            " ".join(f"{length:.0f}" for length in lengths),
            " ".join(f"{cue.passage.start:.1f}" for cue in cues),
            share([start.opening for start in starts]),
            share([start.beat for start in starts]),
            share([start.bar for start in starts]),
            float(np.average([cue.distance or 0.0 for cue in cues], weights=lengths)),
            worked,
        )
        print(*report.rows[-1], flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        files = [made(folder, photos, seed) for seed in range(options.films)]
        films = [watched(file, model) for file in files]
        albums = [album(folder, photos, seed) for seed in range(options.films)]
        for location in options.library:
            with LibraryStore.open(location, read_only=True) as store:
                for name, (wanted, prices) in SETTINGS.items():
                    tracks = candidates(store, wanted)
                    for number, (film, scenes) in enumerate(films):
                        begin = time.process_time()
                        cues = spot(film, scenes, tracks, wanted, store=store, natural=model.reference, prices=prices)
                        add(location, name, number, cues, time.process_time() - begin)
            with Library.open(location, read_only=True) as library:
                for number in range(options.films):
                    outputs = [folder / f"{Path(location).stem} {kind}{number}.mp4" for kind in ("album", "film")]
                    sheets = [output.with_suffix(".json") for output in outputs]
                    begin = time.process_time()
                    show = library.slideshow(albums[number], output=outputs[0], sheets=sheets[:1], size=SIDE)
                    add(location, "slideshow", number, show.sheet.cues, time.process_time() - begin)
                    begin = time.process_time()
                    scored = library.score(files[number], outputs[1], sheets=sheets[1:])
                    add(location, "score", number, scored.sheet.cues, time.process_time() - begin)
    report.note = (
        "Bar of the film of 5 minutes and 12 places: 3 to 6 songs, each of 30 s at least, on the first beats of bars "
        "where the song has them, and at the song's opening."
    )
    return report
