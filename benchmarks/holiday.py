"""Songs under a holiday film of photos and clips: how many, how long, from where in them, and how near."""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.report import Report
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
    parser.add_argument("--keep", type=Path, help="folder for the films, to use them again")


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


def shown(parts: Sequence[Part]) -> Iterator[tuple[float, Picture]]:
    number, end = 0, 0.0
    for part in parts:
        image = Image.fromarray(np.asarray(read_image(part.photo)))
        begin, end = end, end + part.seconds
        while number / RATE < end - 1e-6:
            share = float(np.clip((number / RATE - begin) / part.seconds, 0.0, 1.0))
            width, height = image.width * (1.0 - part.motion), image.height * (1.0 - part.motion)
            left, top = (image.width - width) * share, (image.height - height) / 2
            view = image.resize(SIZE, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
            yield number / RATE, np.asarray(view)
            number += 1


def made(folder: Path, photos: Sequence[Path], seed: int) -> Path:
    path = folder / f"holiday{seed}.mp4"
    if not path.exists():
        partial = path.with_suffix(".part.mp4")
        write_film(partial, shown(planned(photos, seed)), rate=RATE)
        partial.rename(path)
    return path


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
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        films = [watched(made(folder, photos, seed), model) for seed in range(options.films)]
    for location in options.library:
        with LibraryStore.open(location, read_only=True) as store:
            for name, (wanted, prices) in SETTINGS.items():
                tracks = candidates(store, wanted)
                for number, (film, scenes) in enumerate(films):
                    begin = time.process_time()
                    cues = spot(film, scenes, tracks, wanted, store=store, natural=model.reference, prices=prices)
                    worked = time.process_time() - begin
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
    report.note = (
        "Bar of the film of 5 minutes and 12 places: 3 to 6 songs, each of 30 s at least, on the first beats of bars "
        "where the song has them, and at the song's opening."
    )
    return report
