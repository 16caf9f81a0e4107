"""Movement, cuts and sound of films made of OASIS photos: are they measured, and do they move the arousal rightly."""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from benchmarks.report import Report
from benchmarks.soundtrack import LEXICON, SEED, held_out_model, split
from img2music.media.images import read_image
from img2music.media.video import VideoFile
from img2music.research.images.datasets import RatedImages
from img2music.soundtrack.blocks import RATE
from img2music.soundtrack.cue_sheet import CueSheet, FilmFile, Scene
from img2music.soundtrack.film import read_film, scene_of
from img2music.soundtrack.liveliness import enlivened
from img2music.soundtrack.movement import MovementMeter
from img2music.soundtrack.shots import HEIGHT, WIDTH
from img2music.soundtrack.sound import Heard, heard
from img2music.vision.model import ImageModel, read_pixels
from tests.support.films import Picture, write_film
from tests.support.soundtracks import Track
from tests.support.soundtracks import film as film_with_sound

SECONDS = 12.0  # of a scene
SCENES = 12  # of a film
KINDS = ("pan", "zoom", "shake")
SPEEDS = (0.0, 0.01, 0.03, 0.1, 0.3, 0.6)  # shares of the picture a second
PHOTOS = (1, 2, 3, 4)  # of a scene
LEVELS = (None, -50.0, -40.0, -30.0, -20.0, -12.0)  # decibels of noise below full scale; None for silence
RATES = (25.0, 30000 / 1001, 60.0)
SIZES = ((320, 180), (640, 360))
RADIUS = 0.3826  # mean distance of the points of a unit square from its middle
SHAKES = 2.0  # a second


@dataclass(frozen=True)
class Planned:
    """A scene as it is made."""

    kind: str
    speed: float
    rows: tuple[int, ...]  # photos
    level: float | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="holds oasis/ and lexicons/")
    parser.add_argument("--films", type=int, default=6)
    parser.add_argument("--keep", type=Path, help="folder for the films and the model, to use them again")


def planned(images: RatedImages, number: int) -> list[Planned]:
    """Scenes whose movement, cuts and sound have nothing to do with their photos."""
    chance = random.Random(SEED + number)
    rows = chance.sample(range(len(images.paths)), SCENES * max(PHOTOS))
    return [
        Planned(
            chance.choice(KINDS),
            chance.choice(SPEEDS),
            tuple(rows.pop() for _ in range(chance.choice(PHOTOS))),
            chance.choice(LEVELS),
        )
        for _ in range(SCENES)
    ]


def seen(photo: Image.Image, scene: Planned, at: float, size: tuple[int, int]) -> Picture:
    """A photo as a camera sees it that moves at a speed."""
    zoom, right, down = 1.0, 0.0, 0.0  # beside a window of 0.6 of the photo
    bounced = _bounced(scene.speed * at, 0.4 / 0.6 if scene.kind == "pan" else 0.4)
    if scene.kind == "pan":
        right = bounced
    elif scene.kind == "zoom":
        zoom = float(np.exp(_bounced(scene.speed / RADIUS * at, 0.4)))
    else:
        right = down = 0.2 + scene.speed / (4 * SHAKES) / 2**0.5 * float(np.sin(2 * np.pi * SHAKES * at))
    width, height = photo.width * 0.6 / zoom, photo.height * 0.6 / zoom
    left = right * photo.width * 0.6 + (photo.width * 0.6 - width) / 2
    top = down * photo.height * 0.6 + (photo.height * 0.6 - height) / 2
    return np.asarray(photo.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height)))


def _bounced(way: float, most: float) -> float:
    return most - abs(way % (2 * most) - most)


def pictures(
    images: RatedImages, scenes: list[Planned], rate: float, size: tuple[int, int]
) -> Iterator[tuple[float, Picture]]:
    number = 0
    for index, scene in enumerate(scenes):
        photos = [Image.fromarray(np.asarray(read_image(images.paths[row]))) for row in scene.rows]
        while number / rate < (index + 1) * SECONDS:
            at = max(0.0, number / rate - index * SECONDS)
            yield number / rate, seen(photos[int(at * len(photos) / SECONDS)], scene, at, size)
            number += 1


def listened(scenes: list[Planned], file: Path) -> Heard:
    """Hear noise at the levels of the scenes, in a film of its own."""
    noise = np.random.default_rng(SEED).normal(size=round(SECONDS * RATE))
    parts = [(0.0 if scene.level is None else 10 ** (scene.level / 20)) * noise for scene in scenes]
    length = SECONDS * len(scenes)
    if not file.exists():
        film_with_sound(file, length, Track(np.concatenate(parts).astype(np.float32)[None], "mono"))
    return heard(CueSheet(FilmFile(str(file), length, 25.0), (), ()))


def cost(file: Path, model: ImageModel) -> tuple[float, float]:
    """Processor time of reading a film, and of measuring its movement and brightness alone."""
    begun = time.process_time()
    with VideoFile(file) as video:
        read_film(video, model)
    whole = time.process_time() - begun
    with VideoFile(file) as video:
        small = [(frame.time, frame.pixels(WIDTH, HEIGHT, quick=True)) for frame in video.frames()]
    meter, begun = MovementMeter(), time.process_time()
    for each in small:
        meter.add(*each)
    return whole, time.process_time() - begun


def run(options: argparse.Namespace) -> Report:
    report = Report("films", ["what", "figure", "beside"])
    plans: list[Planned] = []
    plain: list[Scene] = []
    lively: list[Scene] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        others, images = split(options.data / "oasis", "photos")
        model = held_out_model(others, folder / "held-out.onnx", options.data / "lexicons" / LEXICON)
        for number in range(options.films):
            scenes = planned(images, number)
            file, rate, size = folder / f"moving{number}.mp4", RATES[number % 3], SIZES[number % 2]
            if not file.exists():
                partial = file.with_suffix(".part.mp4")
                write_film(partial, pictures(images, scenes, rate, size), rate=rate).rename(file)
            with VideoFile(file) as video:
                film = read_film(video, model)
            found = [
                [shot for shot in film.shots if index * SECONDS <= (shot.start + shot.end) / 2 < (index + 1) * SECONDS]
                for index in range(SCENES)
            ]
            # A scene whose start was not found as a cut is left out.
            kept = [index for index in range(SCENES) if found[index]]
            before = [scene_of(found[index]) for index in kept]
            after = enlivened(film, before, listened(scenes, folder / f"sound{number}.mov"), model.reference)[1]
            plans += [scenes[index] for index in kept]
            plain += before
            lively += after
        whole, extra = cost(folder / "moving0.mp4", model)
        bright = [float(np.asarray(Image.open(path).convert("L")).mean()) / 255 for path in images.paths]
        read = np.concatenate([model.predict(read_pixels(path, model.side)[0][None]) for path in images.paths])
    rated = np.array([images.affect[list(plan.rows)].mean(axis=0) for plan in plans])
    _measured(report, plans, lively)
    _readings(report, plain, lively, rated, float(np.std(model.reference.arousal)))
    for axis, name in enumerate(("valence", "arousal")):
        report.add(
            f"brightness and {name} that the model misses, r",
            _r(np.array(bright), images.affect[:, axis] - read[:, axis]),
            f"{_r(np.array(bright), images.affect[:, axis]):.3f} brightness and ratings, {len(bright)} photos",
        )
    report.add("measuring pictures, share of reading a film", extra / whole, f"{whole:.1f} s of processor time")
    report.note = "The model has not seen the photos that the films are made of. Nobody rated these films."
    return report


def _measured(report: Report, plans: list[Planned], lively: list[Scene]) -> None:
    measures = [scene.measures for scene in lively if scene.measures is not None]
    for kind in KINDS:
        rows = [row for row, plan in enumerate(plans) if plan.kind == kind]
        speeds, moved = [plans[row].speed for row in rows], [measures[row].movement or 0.0 for row in rows]
        report.add(f"speed of {kind} and movement, rank correlation", _rho(speeds, moved), f"{len(rows)} scenes")
    still = [each.movement or 0.0 for plan, each in zip(plans, measures, strict=True) if not plan.speed]
    report.add("movement of stills, greatest", max(still, default=0.0), f"{len(still)} scenes")
    cuts = [len(plan.rows) for plan in plans]
    report.add("photos of a scene and cuts, rank correlation", _rho(cuts, [each.cuts for each in measures]), "")
    sounding = [row for row, plan in enumerate(plans) if plan.level is not None]
    levels = [plans[row].level or 0.0 for row in sounding]
    heard_levels = [-99.0 if (level := measures[row].loudness) is None else level for row in sounding]
    report.add("level and loudness, rank correlation", _rho(levels, heard_levels), f"{len(sounding)} scenes")
    shifts = [each.arousal_shift for each in measures]
    for name, put in (("speed", [plan.speed for plan in plans]), ("cuts", cuts)):
        report.add(f"{name} and shift of arousal, rank correlation", _rho(put, shifts), "")
    report.add("level and shift of arousal, rank correlation", _rho(levels, [shifts[row] for row in sounding]), "")


def _readings(
    report: Report, plain: list[Scene], lively: list[Scene], rated: NDArray[np.float64], deviation: float
) -> None:
    shifts = [each.measures.arousal_shift for each in lively if each.measures is not None]
    report.add("shift of arousal, mean", float(np.mean(shifts)), f"{min(shifts):.3f} to {max(shifts):.3f}")
    report.add("pictures' arousal, standard deviation", deviation, "")
    for name in ("valence", "arousal"):
        before, after = (np.array([getattr(each.affect, name) for each in scenes]) for scenes in (plain, lively))
        axis = 0 if name == "valence" else 1
        report.add(
            f"{name} of scenes and their photos' ratings, r",
            _r(after, rated[:, axis]),
            f"{_r(before, rated[:, axis]):.3f} from pictures alone",
        )


def _rho(one: list[float] | list[int], other: list[float]) -> float:
    return float(spearmanr(one, other).statistic)


def _r(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.corrcoef(one, other)[0, 1])
