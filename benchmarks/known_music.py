"""Music whose tempo and key are known: scores of music21's corpus and made pieces, played by FluidSynth."""

import itertools
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from img2music.errors import InputError

SECONDS = 40.0
"""What is played of a score at most."""
JITTER, SWAY = 0.008, 0.015
"""Standard deviation of onsets in seconds, and share by which the tempo sways: players are no clocks."""
SLOWEST, FASTEST = 56.0, 170.0
"""Beats a minute at which scores are played, at random between."""
NOTES_A_SECOND = 9.0
"""No score is played faster than that many different onsets."""
INCIPIT = 10
"""Intervals by which a tune is known again in another collection."""
DRUMS = 9  # channel of General MIDI
KICK, SNARE, STICK, HAT, OPEN_HAT, RIDE, SHAKER = 36, 38, 37, 42, 46, 51, 70


@dataclass(frozen=True)
class Note:
    """A note in beats."""

    start: float
    length: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True)
class Piece:
    """Music with its tempo and key."""

    source: str
    name: str
    tempo: float  # beats a minute
    key: int  # pitch class
    mode: int  # 1 major, 0 minor
    notes: tuple[Note, ...]
    programs: dict[int, int] = field(default_factory=dict)  # of General MIDI, by channel


def chance_of(name: str) -> Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


# --- scores ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Collection:
    """Scores of the corpus: files that a pattern finds, ``most`` of them, or so many tunes of ABC files of many."""

    source: str
    patterns: tuple[str, ...]
    most: int
    programs: tuple[int, ...]  # instruments of which the parts are played, or all by one
    tunes: bool = False


TUNED = (
    Collection("chorales", ("bach/bwv*.mxl",), 60, (19, 0, 48, 52)),
    Collection("fiddle tunes", ("ryansMammoth/*.abc",), 40, (40, 73, 21, 24)),
    Collection("Aird's airs", ("airdsAirs/*.abc",), 15, (73, 105, 71), tunes=True),
)
"""What the constants of tempo and key were chosen on."""
JUDGED = (
    Collection("Mozart and Haydn", ("mozart/**/*.mxl", "haydn/**/*.mxl"), 10, (48, 40, 0, 71)),
    Collection(
        "19th century and others",
        ("schumann*/**/*.*ml", "joplin/*.mxl", "verdi/*.mxl", "weber/*.mxl", "schubert/*.xml", "handel/**/*.mxl",
         "cpebach/*.mxl", "corelli/**/*.xml", "chopin/*.krn", "leadSheet/*.mxl"),
        12, (0, 48, 0, 24),
    ),
    Collection("Irish tunes", ("oneills1850/*.abc",), 25, (40, 73, 21, 24), tunes=True),
    Collection("German songs", ("essenFolksong/*[0-9].abc",), 25, (73, 52, 0, 71), tunes=True),
)  # fmt: skip
"""What they are judged on: other composers, other collections."""


COLLECTIONS = {collection.source for collection in (*TUNED, *JUDGED)}


def scores(collections: tuple[Collection, ...], known: set[tuple[int, ...]]) -> Iterator[Piece]:
    """Play the scores whose key is sure, each once; a tune that begins like a known one is left out."""
    try:
        from music21 import corpus
    except ImportError as error:
        raise InputError("music21 is not installed.", remedy="Install img2music with the extra `benchmark`.") from error
    root = Path(corpus.__file__).parent
    for collection in collections:
        files = sorted(file for pattern in collection.patterns for file in root.glob(pattern))
        found = 0
        order = chance_of(collection.source)
        for name, parse in _shuffled(files, collection.tunes, order):
            if found == collection.most:
                break
            try:
                score = parse()
            except Exception:  # noqa: BLE001 - music21 can't read all of its corpus
                continue
            piece = _played(collection, name, score)
            if piece is None or (begins := _incipit(piece)) in known:
                continue
            known.add(begins)
            found += 1
            yield piece


def _shuffled(files: list[Path], tunes: bool, order: Generator) -> Iterator[tuple[str, Callable[[], Any]]]:
    from music21 import converter

    if not tunes:
        for index in order.permutation(len(files)):
            file = files[index]
            yield f"{file.parent.name}/{file.stem}", partial(converter.parse, file)
        return
    references = [
        (file, int(line[2:])) for file in files for line in file.read_text("utf-8", "replace").splitlines()
        if line.startswith("X:") and line[2:].strip().isdigit()
    ]  # fmt: skip
    for index in order.permutation(len(references)):
        file, reference = references[index]
        yield f"{file.stem} {reference}", partial(converter.parse, file, number=reference)


def _played(collection: Collection, name: str, score: Any) -> Piece | None:
    """Play a score with accents and a human hand; None where its key or its beat is not sure."""
    chance = chance_of(name)
    flat = score.flatten()
    signatures = flat.getElementsByClass("KeySignature")
    metres = flat.getElementsByClass("TimeSignature")
    if not signatures or not metres or len({metre.ratioString for metre in metres}) > 1:
        return None
    beat = float(metres[0].beatDuration.quarterLength)
    bar = float(metres[0].barDuration.quarterLength)
    measures = score.parts[0].getElementsByClass("Measure")
    upbeat = float(measures[1].offset) % bar if len(measures) > 1 else 0.0
    one = bool(chance.random() < 0.5)
    notes: list[Note] = []
    last: tuple[float, int] = (-1.0, 128)
    programs: dict[int, int] = {}
    for index, part in enumerate(score.parts):
        channel = min(index, 8)
        programs[channel] = collection.programs[0 if one else index % len(collection.programs)]
        for element in part.flatten().stripTies().notes:
            start, length = float(element.offset), float(element.quarterLength)
            if not length:
                continue  # a grace note
            position = (start - upbeat) % bar
            accent = 14 if position < 0.01 else 7 if position % beat < 0.01 else 0
            for pitch in element.pitches:
                velocity = int(np.clip(78 + accent + chance.normal(0, 5), 20, 120))
                notes.append(Note(start / beat, 0.95 * length / beat, pitch.midi, velocity, channel))
                if (start + length, -pitch.midi) > (last[0], -last[1]):
                    last = start + length, pitch.midi
    sharps = signatures[0].sharps
    tonic = 7 * sharps % 12
    if len(notes) < 20 or last[1] % 12 not in (tonic, (tonic + 9) % 12):
        return None
    notes.sort(key=lambda note: note.start)
    onsets = len({round(note.start, 3) for note in notes}) / notes[-1].start
    tempo = float(np.exp(chance.uniform(np.log(SLOWEST), np.log(FASTEST))))
    tempo = min(tempo, max(SLOWEST, 60.0 * NOTES_A_SECOND / onsets))
    mode = int(last[1] % 12 == tonic)
    return Piece(collection.source, name, round(tempo, 2), last[1] % 12, mode, tuple(notes), programs)


def _incipit(piece: Piece) -> tuple[int, ...]:
    top = {note.start: note.pitch for note in sorted(piece.notes, key=lambda note: note.pitch)}
    line = [top[start] for start in sorted(top)][: INCIPIT + 1]
    return tuple(after - before for before, after in itertools.pairwise(line))


# --- made pieces ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Groove:
    """How the drums of a bar go, in steps: ``x`` strong, ``o`` weak. A piece without drums has none."""

    name: str
    beats: int
    steps: int  # a beat
    slowest: float
    fastest: float
    parts: dict[int, str]
    chords: str  # how chords are struck in a bar, in the same steps
    bass: str
    programs: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]  # of chords, bass and lead
    swing: float = 0.0  # beats by which the second half of each beat is late
    broken: bool = False  # chords are played note by note


GUITARS, KEYS, PADS, LEADS = (24, 25, 27), (0, 4, 5), (48, 89, 90), (73, 40, 11, 65, 80, 26)
BASSES = (32, 33, 38)

TUNED_GROOVES = (
    Groove("rock", 4, 2, 90, 160, {KICK: "x...x...", SNARE: "..x...x.", HAT: "xoxoxoxo"}, "x...x.o.", "x.o.x.o.",
           ((27, 30, 29), BASSES, LEADS)),
    Groove("house", 4, 4, 115, 135, {KICK: "x...x...x...x...", SNARE: "....x.......x...", OPEN_HAT: "..x...x...x...x."},
           "..x...x...x...x.", "..x...x...x...x.", ((4, 81, 90), (38, 39), LEADS)),
    Groove("hip hop", 4, 4, 75, 100, {KICK: "x.....x.x.......", SNARE: "....x.......x...", HAT: "x.o.x.o.x.o.x.o."},
           "x...............", "x.....x.x.......", (KEYS, BASSES, LEADS)),
    Groove("drum and bass", 4, 4, 160, 180,
           {KICK: "x.........x.....", SNARE: "....x.......x...", HAT: "x.o.x.o.x.o.x.o."}, "x...............",
           "x.....o...x.....", (PADS, (38, 39), LEADS)),
    Groove("shuffle", 4, 3, 80, 130, {KICK: "x.....x.....", SNARE: "...x.....x..", HAT: "x.ox.ox.ox.o"},
           "x..o..x..o..", "x..x..x..x..", ((26, 16, 0), BASSES, LEADS)),
    Groove("waltz", 3, 2, 80, 180, {KICK: "x.....", STICK: "..x.x."}, "..x.x.", "x.....", ((0, 21, 24), BASSES, LEADS)),
    Groove("six eight", 2, 3, 50, 80, {KICK: "x.....", SNARE: "...x..", HAT: "xooxoo"}, "xooxoo", "x.....",
           (GUITARS, BASSES, LEADS)),
    Groove("ballad", 4, 4, 60, 80, {KICK: "x.......x.o.....", SNARE: "....x.......x...", HAT: "x.o.o.o.x.o.o.o."},
           "x.......x.......", "x.......x.......", (KEYS, BASSES, LEADS)),
    Groove("plucked", 4, 2, 60, 110, {}, "xoxoxoxo", "x...x...", (GUITARS, BASSES, LEADS), broken=True),
    Groove("pads", 4, 4, 60, 90, {}, "x...............", "x...............", (PADS, BASSES, LEADS)),
    Groove("piano", 4, 2, 60, 120, {}, "o.o.o.o.", "x...x...", ((0, 1, 4), (0, 32), (0, 73, 71))),
    Groove("soft electronic", 4, 4, 65, 105, {KICK: "x.......x.......", SHAKER: "o.o.o.o.o.o.o.o."},
           "x.o.o.o.x.o.o.o.", "x.......x.......", ((4, 88, 11), (38, 39), LEADS), broken=True),
)  # fmt: skip
JUDGED_GROOVES = (
    Groove("sixteenth rock", 4, 4, 70, 110,
           {KICK: "x.o.....x.......", SNARE: "....x.......x...", HAT: "xoooxoooxoooxooo"}, "x..x..x.x..x..x.",
           "x..x..x.x..x..x.", ((27, 25, 28), BASSES, LEADS)),
    Groove("disco", 4, 4, 105, 130, {KICK: "x...x...x...x...", SNARE: "....x.......x...", HAT: "x.xox.xox.xox.xo"},
           "....x.o.....x.o.", "x.x.x.x.x.x.x.x.", ((28, 48, 4), BASSES, LEADS)),
    Groove("reggaeton", 4, 4, 80, 105, {KICK: "x...x...x...x...", SNARE: "...x..x....x..x."}, "x...x...x...x...",
           "x.....x.x.......", ((81, 24, 4), (38, 39), LEADS)),
    Groove("punk", 4, 2, 150, 190, {KICK: "x.x.x.x.", SNARE: ".x.x.x.x", HAT: "x.x.x.x."}, "xxxxxxxx", "xxxxxxxx",
           ((29, 30), BASSES, LEADS)),
    Groove("swing", 4, 3, 100, 180, {RIDE: "x..x.ox..x.o", KICK: "o..o..o..o..", STICK: "...o.....o.."},
           "x....o......", "x..x..x..x..", ((0, 26), (32,), (65, 56, 66))),
    Groove("jazz waltz", 3, 3, 90, 170, {RIDE: "x..x.ox..", KICK: "x........", STICK: "...o..o.."}, "x....x...",
           "x........", ((0, 26), (32,), (65, 56, 11))),
    Groove("bossa nova", 4, 4, 60, 85,
           {STICK: "x..o..x...o..x..", KICK: "x..oo..ox..oo..o", SHAKER: "oooooooooooooooo"}, "x..x..x...x..x..",
           "x.....o.x.....o.", ((24, 0), (32,), LEADS)),
    Groove("slow twelve eight", 4, 3, 50, 75, {KICK: "x.....x.....", SNARE: "...x.....x..", RIDE: "xooxooxooxoo"},
           "xooxooxooxoo", "x.....x.....", ((0, 16), BASSES, LEADS)),
    Groove("broken piano", 4, 4, 55, 85, {}, "x.o.x.o.x.o.x.o.", "x.......x.......",
           ((0, 2, 46), (32, 0), (71, 40, 73)), broken=True),
    Groove("strummed", 4, 4, 75, 125, {}, "x...x.o...o.x.o.", "x.......x.......", ((24, 25, 105), BASSES, LEADS)),
    Groove("slow strings", 3, 2, 60, 95, {}, "x.....", "x.....", ((48, 49, 50), (43, 32), (40, 68, 73))),
    Groove("synthwave", 4, 4, 80, 120, {KICK: "x...x...x...x...", SNARE: "....x.......x..."}, "x...............",
           "x.x.x.x.x.x.x.x.", ((90, 81, 89), (38, 39), LEADS)),
)  # fmt: skip

MAJOR_CHORDS, MINOR_CHORDS = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10}, {1: 0, 3: 3, 4: 5, 5: 7, 6: 8, 7: 10}
# Degrees of chords; 7 in major is the flat seventh, 50 the major dominant of a minor key.
TUNED_CHORDS = (
    ((1, 5, 6, 4), (1, 4, 5, 4), (1, 6, 2, 5), (1, 1, 4, 5), (1, 4, 1, 5)),
    ((1, 6, 3, 7), (1, 4, 5, 1), (1, 4, 50, 1), (1, 7, 6, 7), (1, 3, 7, 4)),
)
JUDGED_CHORDS = (
    ((1, 6, 4, 5), (1, 3, 4, 5), (1, 4, 6, 5), (1, 2, 4, 1), (1, 7, 4, 1), (1, 5, 4, 4)),
    ((1, 7, 6, 50), (1, 6, 4, 50), (1, 1, 6, 7), (1, 5, 6, 4), (1, 4, 7, 3), (1, 6, 7, 1)),
)


def made(grooves: tuple[Groove, ...], chords: tuple[tuple[tuple[int, ...], ...], ...], each: int) -> Iterator[Piece]:
    """Make so many pieces of each groove, of about 40 seconds."""
    for groove in grooves:
        for index in range(each):
            yield _made(groove, chords, chance_of(f"{groove.name} {index}"), index)


def _made(groove: Groove, chords: tuple[tuple[tuple[int, ...], ...], ...], chance: Generator, index: int) -> Piece:
    tempo = float(np.exp(chance.uniform(np.log(groove.slowest), np.log(groove.fastest))))
    key, mode = int(chance.integers(12)), int(chance.random() < 0.55)
    progression = chords[1 - mode][chance.integers(len(chords[1 - mode]))]
    programs = {channel: int(chance.choice(choices)) for channel, choices in enumerate(groove.programs)}
    bars = int(np.ceil(34.0 * tempo / 60.0 / groove.beats / len(progression))) * len(progression)
    loud = {"chords": int(chance.integers(55, 85)), "drums": int(chance.integers(60, 105))}
    lead = bool(chance.random() < 0.75)
    turned = int(chance.integers(len(progression))) if chance.random() < 0.35 else 0  # begins on another chord
    progression = progression[turned:] + progression[:turned]
    closes = bool(chance.random() < 0.5)
    notes: list[Note] = []
    sung = 72
    for bar in range(bars + 1):
        degree = progression[bar % len(progression)] if bar < bars else 1
        root, triad = _chord(key, mode, degree)
        pitches = [60 + (root + step - 60) % 12 - (5 if chance.random() < 0.3 else 0) for step in triad]
        pitches = sorted(48 + (pitch - 48) % 24 for pitch in pitches)
        begin = float(bar * groove.beats)
        if bar == bars and not closes:
            break
        if bar == bars:  # all end together on the tonic
            notes += [Note(begin, 3.0, pitch, loud["chords"], 0) for pitch in pitches]
            notes.append(Note(begin, 3.0, 36 + root % 12, 85, 1))
            break
        for drum, pattern in groove.parts.items():
            for start, mark in _struck(pattern, groove):
                velocity = int(np.clip(loud["drums"] + (0 if mark == "x" else -25) + chance.normal(0, 4), 15, 127))
                notes.append(Note(begin + start, 0.2, drum, velocity, DRUMS))
        hits = list(_struck(groove.chords, groove))
        for number, (start, mark) in enumerate(hits):
            until = hits[number + 1][0] if number + 1 < len(hits) else float(groove.beats)
            velocity = int(np.clip(loud["chords"] + (0 if mark == "x" else -12) + chance.normal(0, 4), 15, 127))
            struck = [pitches[(0, 1, 2, 1)[number % 4] % len(pitches)]] if groove.broken else pitches
            notes += [Note(begin + start, 0.95 * (until - start), pitch, velocity, 0) for pitch in struck]
        hits = list(_struck(groove.bass, groove))
        for number, (start, mark) in enumerate(hits):
            until = hits[number + 1][0] if number + 1 < len(hits) else float(groove.beats)
            pitch = root + (7 if mark == "o" and chance.random() < 0.4 else 0)
            notes.append(Note(begin + start, 0.9 * (until - start), 36 + pitch % 12, 88, 1))
        if lead:
            line, sung = _line(groove, key, mode, (root, triad), sung=sung, chance=chance)
            notes += [replace(note, start=begin + note.start) for note in line]
    if chance.random() < 0.3:  # without its bass
        notes = [note for note in notes if note.channel != 1]
    return Piece(groove.name, f"{groove.name} {index}", round(tempo, 2), key, mode, tuple(notes), programs)


def _line(
    groove: Groove, key: int, mode: int, chord: tuple[int, tuple[int, ...]], *, sung: int, chance: Generator
) -> tuple[list[Note], int]:
    """Lead of a bar over a chord, in the pentatonic scale of the key, and its last pitch."""
    scale = {0, 2, 4, 7, 9} if mode else {0, 3, 5, 7, 10}
    root, triad = chord
    notes, start = [], 0.0
    while start < groove.beats:
        length = float(chance.choice([0.5, 1.0, 1.0, 2.0]))
        if chance.random() < 0.75:
            near = [pitch for pitch in range(max(62, sung - 4), min(86, sung + 4) + 1) if (pitch - key) % 12 in scale]
            near = near or [72]
            tones = [pitch for pitch in near if (pitch - root) % 12 in {step % 12 for step in triad}]
            sung = int(chance.choice(tones if tones and start == 0.0 else near))
            notes.append(Note(start, min(length, groove.beats - start) * 0.9, sung, 80, 2))
        start += length
    return notes, sung


def _chord(key: int, mode: int, degree: int) -> tuple[int, tuple[int, ...]]:
    major, minor = (0, 4, 7), (0, 3, 7)
    if degree == 50:
        return key + 7, major
    if mode:
        return key + MAJOR_CHORDS[degree], minor if degree in (2, 3, 6) else major
    return key + MINOR_CHORDS[degree], minor if degree in (1, 4, 5) else major


def _struck(pattern: str, groove: Groove) -> Iterator[tuple[float, str]]:
    for step, mark in enumerate(pattern):
        if mark != ".":
            yield step / groove.steps, mark


# --- sound ----------------------------------------------------------------------------------------------------------


def synthesizer() -> str:
    """Find FluidSynth."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError(
            "FluidSynth is not installed.", remedy="Install it, for example with `apt install fluidsynth`."
        )
    return program


def play(piece: Piece, sound_font: Path, path: Path) -> None:
    """Write a piece as sound, with a human hand, by FluidSynth."""
    import mido

    chance = chance_of(piece.name)
    phase = chance.uniform(0, 2 * np.pi)
    events: list[tuple[float, int, Any]] = [
        (0.0, 0, mido.Message("program_change", channel=channel, program=number))
        for channel, number in piece.programs.items()
    ]
    for note in piece.notes:
        begin, end = (note.start * 60.0 / piece.tempo + 0.2, (note.start + note.length) * 60.0 / piece.tempo + 0.2)
        if begin > SECONDS:
            continue
        shift = SWAY * 10.0 / (2 * np.pi) * np.sin(2 * np.pi * begin / 10.0 + phase) + chance.normal(0, JITTER)
        for time, kind in ((begin + shift, "note_on"), (min(end, SECONDS + 1.0) + shift, "note_off")):
            velocity = note.velocity if kind == "note_on" else 0
            message = mido.Message(kind, channel=note.channel, note=note.pitch, velocity=velocity)
            events.append((max(0.0, time), 2 if kind == "note_on" else 1, message))
    events.sort(key=lambda event: event[:2])
    track = mido.MidiTrack()
    now = 0
    for time, _, message in events:
        tick = round(time * 960)  # 480 a beat at 120 beats a minute
        track.append(message.copy(time=tick - now))
        now = tick
    midi = mido.MidiFile(ticks_per_beat=480, tracks=[track])
    with tempfile.TemporaryDirectory() as folder:
        score = Path(folder) / "score.mid"
        midi.save(score)
        command = [
            synthesizer(),
            "-n",
            "-i",
            "-q",
            "-g",
            "0.5",
            "-r",
            "22050",
            "-T",
            "wav",
            "-F",
            str(path),
            str(sound_font),
        ]
        subprocess.run([*command, str(score)], check=True, capture_output=True)
