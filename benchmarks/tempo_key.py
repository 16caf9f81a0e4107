"""Tempo and key of music whose tempo and key are known."""

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks import known_music
from benchmarks.known_music import Piece
from benchmarks.report import Report
from img2music.errors import InputError
from img2music.music.audio import analyzer

SOUND_FONTS = ("sf2/FluidR3_GM.sf2", "sf2/TimGM6mb.sf2", "sf3/MuseScore_General.sf3")
"""Of Debian's packages fluid-soundfont-gm, timgm6mb-soundfont and musescore-general-soundfont-small."""
TOLERANCE = 0.04
RELATIONS = {"octave": (2.0, 0.5), "third": (3.0, 1 / 3, 3 / 2, 2 / 3)}
"""By what a tempo is often missed: duple levels of the metre, and triple ones."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--part", choices=("judged", "tuned"), default="judged", help="tuned: what constants come from")
    parser.add_argument("--sound-font", type=Path, action="append", help="repeated; pieces are played by them in turn")
    parser.add_argument("--each", type=int, default=5, help="made pieces of each groove")
    parser.add_argument("--keep", type=Path, help="folder for what is played, to listen to it")


def pieces(part: str, each: int) -> list[Piece]:
    """Gather one part; what is judged begins like nothing that was tuned on."""
    known: set[tuple[int, ...]] = set()
    tuned = list(known_music.scores(known_music.TUNED, known))
    if part == "tuned":
        return [*tuned, *known_music.made(known_music.TUNED_GROOVES, known_music.TUNED_CHORDS, each)]
    return [
        *known_music.scores(known_music.JUDGED, known),
        *known_music.made(known_music.JUDGED_GROOVES, known_music.JUDGED_CHORDS, each),
    ]


def mirex(key: int | None, mode: int | None, piece: Piece) -> float:
    """Weigh a key as MIREX does: 1 right, 0.5 a fifth above, 0.3 the relative key, 0.2 the other mode."""
    if key is None:
        return 0.0
    away = (key - piece.key) % 12
    if mode == piece.mode:
        return {0: 1.0, 7: 0.5}.get(away, 0.0)
    return {9 if piece.mode else 3: 0.3, 0: 0.2}.get(away, 0.0)


def run(options: argparse.Namespace) -> Report:
    fonts = options.sound_font or [Path("/usr/share/sounds", font) for font in SOUND_FONTS]
    fonts = [font for font in fonts if font.is_file()]
    if not fonts:
        raise InputError(
            "No sound font was found.", remedy="Name one with --sound-font, or install fluid-soundfont-gm."
        )
    known_music.synthesizer()
    report = Report(
        "tempo_key", ["music", "pieces", "tempo", "half, double", "third, 3/2 ...", "other", "key", "MIREX"]
    )
    groups: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.keep or Path(temporary)
        for index, piece in enumerate(pieces(options.part, options.each)):
            font = fonts[index % len(fonts)]
            path = folder / f"{index}.wav"
            known_music.play(piece, font, path)
            features = analyzer.measure(path).features
            if options.keep is None:
                path.unlink()
            kind = "scores" if piece.source in known_music.COLLECTIONS else "made"
            heard = _miss(features.tempo, piece.tempo), mirex(features.key, features.mode, piece)
            for group in (piece.source, f"all {kind}", font.stem, "all"):
                groups[group].append(heard)
    for name in sorted(groups, key=lambda name: (name in {font.stem for font in fonts}, name.startswith("all"))):
        misses, weights = zip(*groups[name], strict=True)
        counts = [sum(miss == kind for miss in misses) for kind in ("", "octave", "third", "other")]
        report.add(name, len(misses), *counts, sum(weight == 1.0 for weight in weights), float(np.mean(weights)))
    report.note = f"Tempo within {100 * TOLERANCE:g} %; key and mode right. Part: {options.part}."
    return report


def _miss(found: float | None, true: float) -> str:
    """Say by what a tempo is missed; nothing where it is right."""
    if found is None:
        return "other"
    if abs(found / true - 1.0) <= TOLERANCE:
        return ""
    for name, factors in RELATIONS.items():
        if any(abs(found / true / factor - 1.0) <= TOLERANCE for factor in factors):
            return name
    return "other"
