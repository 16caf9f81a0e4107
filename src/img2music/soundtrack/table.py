"""A cue sheet as a table for people, and pins as people type them."""

from collections.abc import Sequence

from img2music.errors import UsageError, printable
from img2music.soundtrack.cue_sheet import Cue, CueSheet
from img2music.soundtrack.spotting import clock

LONGEST_NUMBER = 9  # digits of a scene

COLUMNS = (">#", "film", "song, and why", ">passage", ">distance")


def title(sheet: CueSheet) -> str:
    """One line about the film and its music."""
    shots = sum(len(scene.shots) for scene in sheet.scenes)
    distance = "" if sheet.distance is None else f", mean distance {sheet.distance:.2f}"
    return (
        f"{clock(sheet.film.duration)}: {_count(shots, 'shot')}, {_count(len(sheet.scenes), 'scene')}, "
        f"{_count(len(sheet.cues), 'cue')}{distance}"
    )


def rows(sheet: CueSheet) -> list[list[str]]:
    """Rows of a cue: where, what, why, and its runners-up."""
    found = []
    for number, cue in enumerate(sheet.cues, start=1):
        passage = f"{clock(cue.passage.start)}-{clock(cue.passage.end)}"
        distance = "" if cue.distance is None else f"{cue.distance:.2f}"
        found.append([str(number), f"{clock(cue.start)}-{clock(cue.end)}", cue.track.display_name, passage, distance])
        found.append(["", "", f"  {cue.why}", "", ""])
        if cue.alternatives:
            others = ", ".join(
                f"{each.track.display_name} ({each.distance:.2f}{'' if each.note is None else f', but {each.note}'})"
                for each in cue.alternatives
            )
            found.append(["", "", f"  or: {others}", "", ""])
    return found


def photo_rows(sheet: CueSheet) -> list[list[str]]:
    """A row for each photo of a slideshow: its number, when it is seen, its file."""
    if sheet.slideshow is None:
        return []
    photos = sheet.slideshow.photos
    ends = [*(photo.start for photo in photos[1:]), sheet.film.duration]
    return [
        [str(number), f"{clock(photo.start)}-{clock(end)}", photo.path]
        for number, (photo, end) in enumerate(zip(photos, ends, strict=True), start=1)
    ]


PHOTO_COLUMNS = (">photo", "film", "file")


def scene_rows(sheet: CueSheet) -> list[list[str]]:
    """A row a scene: its number, when, its mood, how many shots."""
    return [
        [
            str(number),
            f"{clock(scene.start)}-{clock(scene.end)}",
            scene.affect.word,
            f"{scene.affect.valence:.2f}",
            f"{scene.affect.arousal:.2f}",
            str(len(scene.shots)),
        ]
        for number, scene in enumerate(sheet.scenes, start=1)
    ]


SCENE_COLUMNS = (">scene", "film", "mood", ">valence", ">arousal", ">shots")


def starts_note(cues: Sequence[Cue]) -> tuple[str, ...]:
    """Say which cues do not begin on a beat of their song, and why; nothing if all do."""
    reasons: dict[str, list[str]] = {}
    for number, cue in enumerate(cues, start=1):
        if cue.beats is not None and cue.beats.note is not None:
            reasons.setdefault(cue.beats.note, []).append(str(number))
    if not reasons:
        return ()
    off = sum(map(len, reasons.values()))
    told = "; ".join(f"not {'cue' if len(ns) == 1 else 'cues'} {', '.join(ns)}: {why}" for why, ns in reasons.items())
    return (f"{len(cues) - off} of {len(cues)} cues begin on a beat of their song; {told}.",)


def parse_pins(texts: list[str]) -> tuple[tuple[int, str], ...]:
    """Read pins such as ``3=Gymnopédie``."""
    pins: dict[int, str] = {}
    for text in texts:
        scene, _, track = text.partition("=")
        scene = scene.strip().lstrip("0")
        if not track or not scene.isdecimal() or len(scene) > LONGEST_NUMBER:
            raise UsageError(
                f"--pin {printable(text)!r} can't be read: give SCENE=TRACK, such as '2=#17' or 2='The title'."
            )
        if int(scene) in pins:
            raise UsageError(f"Scene {int(scene)} is pinned twice.")
        pins[int(scene)] = track
    return tuple(pins.items())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
