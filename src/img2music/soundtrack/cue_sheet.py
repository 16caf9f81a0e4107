"""The cue sheet: which passage lies under which part of a film. Written, edited by hand, and read back."""

import csv
import io
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.matching.passages import Passage
from img2music.track import display_name

SCHEMA = "img2music/cues/1"

DECIMALS = 3
"""Of seconds and other measures in a file: milliseconds; what must be exact to the picture is told by frames."""

LOUDNESS = -16.0
"""LUFS to which gains bring every track; what is asked of music on the web and of films on phones."""

GAINS = (-24.0, 12.0)
"""Least and greatest gain in decibels."""

LONGEST_PATH = 4096
"""Bytes of a path on Linux, with the one that ends it (limits.h)."""

TOLERANCE = 0.1
"""Seconds by which a passage may differ from its cue, or reach beyond what it lies in, where people type numbers."""

LARGEST = 64 * 2**20
"""Bytes of the largest file that is read as a cue sheet; a film of a day with a shot a second takes a third of it."""

CSV_COLUMNS = (
    "cue",
    "start",
    "end",
    "start_frame",
    "end_frame",
    "id",
    "path",
    "title",
    "artist",
    "album",
    "passage_start",
    "passage_end",
    "fade_in",
    "fade_out",
    "gain_db",
    "distance",
    "why",
)


@dataclass(frozen=True, slots=True)
class FilmFile:
    """The film of a cue sheet.

    Attributes
    ----------
    path : str
        Absolute path, as ``os.fsdecode`` gives it.
    duration : float
        Seconds from its first picture to the end of its last.
    fps : float
        Pictures a second, on average.
    frames : int or None
        Number of pictures; None if it was left out.
    """

    path: str
    duration: float
    fps: float
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class SheetSpan:
    """A part of the film, with its affect.

    Attributes
    ----------
    start, end : float
        Seconds of the film.
    start_frame, end_frame : int or None
        Number of its first picture, and of the first one after it.
    affect : Affect
    """

    start: float
    end: float
    start_frame: int | None
    end_frame: int | None
    affect: Affect


@dataclass(frozen=True, slots=True)
class SheetScene(SheetSpan):
    """A scene and its shots.

    Attributes
    ----------
    shots : tuple of SheetSpan
    """

    shots: tuple[SheetSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class CueTrack:
    """The track of a cue, with what people tell it by."""

    id: int | None  # its number in the library
    path: str  # its file
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration: float | None = None  # seconds

    @property
    def display_name(self) -> str:
        """What names it wherever songs are shown, as in "#17 Title - Artist"."""
        return display_name(self.id, self.title or self.path, self.artist)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A track that could lie there as well."""

    track: CueTrack
    passage: Passage
    distance: float
    note: str | None = None  # why it was not chosen, where it is nearer than the one that was


@dataclass(frozen=True, slots=True)
class CueBeats:
    """How a passage lies on the beats of its song. It informs."""

    tempo: float | None = None  # beats a minute where the passage begins; where it ends, if there are beats only there
    # Seconds from the song's nearest beat to the start and to the end of the passage, negative before it; None where no
    # beat was found, and at the end if no cue follows
    start_offset: float | None = None
    # Seconds from the song's nearest beat to the start and to the end of the passage, negative before it; None where no
    # beat was found, and at the end if no cue follows
    end_offset: float | None = None
    note: str | None = None  # why it does not start on a beat; None if it does


@dataclass(frozen=True, slots=True)
class ComputedFor:
    """What a cue was when its gain, distance, reason and beats were found: what differs was changed by hand."""

    id: int | None
    path: str  # the song
    start: float  # seconds of the film
    end: float  # seconds of the film
    passage: Passage
    gain_db: float


@dataclass(frozen=True, slots=True)
class Cue:
    """One passage placed on the film's time.

    Attributes
    ----------
    start, end : float
        Seconds of the film.
    start_frame, end_frame : int or None
        Number of its first picture, and of the first one after it. They inform; the seconds hold.
    track : CueTrack
    passage : Passage
        Seconds of the track, as long as the cue.
    fade_in : float
        Seconds in which it fades in, from ``start`` on.
    fade_out : float
        Seconds in which it fades out: after ``end``, under the next cue, with what the track has after the passage; if
        no cue follows at once, before ``end``.
    gain_db : float
        Gain in decibels that makes tracks equally loud.
    distance : float or None
        Mean distance of the film's curve and the track's along the cue, in the space of the match.
    why : str
        One line for a person.
    alternatives : tuple of Alternative
        Runners-up, best first.
    beats : CueBeats or None
        None where none were looked for.
    computed_for : ComputedFor or None
        Of a cue that was read from a file and not yet brought up to date (`swapping.renewed`).
    """

    start: float
    end: float
    start_frame: int | None
    end_frame: int | None
    track: CueTrack
    passage: Passage
    fade_in: float = 0.0
    fade_out: float = 0.0
    gain_db: float = 0.0
    distance: float | None = None
    why: str = ""
    alternatives: tuple[Alternative, ...] = ()
    beats: CueBeats | None = None
    computed_for: ComputedFor | None = field(default=None, compare=False)


class Original(StrEnum):
    """What becomes of the film's own sound."""

    KEEP = "keep"
    DUCK = "duck"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class OwnSound:
    """The film's own sound beside the music.

    Attributes
    ----------
    use : Original
    duck_db : float
        Decibels by which the music is lowered while someone speaks.
    gain_db : float or None
        Decibels for the film's own sound; None where it was not listened to.
    speech : tuple of (float, float), or None
        Seconds in which someone speaks, in order; likewise.
    """

    use: Original
    duck_db: float
    gain_db: float | None = None
    speech: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class SheetPhoto:
    """A photo of a slideshow, which is seen until the next one is.

    Attributes
    ----------
    path : str
    start : float
        Seconds of the film; the first photo is seen from the film's start in any case.
    start_frame : int or None
        Number of its first picture; the seconds hold.
    """

    path: str
    start: float
    start_frame: int | None = None


@dataclass(frozen=True, slots=True)
class SheetSlideshow:
    """What a film of photos is made of.

    Attributes
    ----------
    width, height : int
        Of the film, in pixels.
    cross_fade : float
        Seconds from one photo to the next.
    captions : str
        As `slideshow.captions.Captions` has them.
    photos : tuple of SheetPhoto
        In order, at least one.
    """

    width: int
    height: int
    cross_fade: float
    captions: str
    photos: tuple[SheetPhoto, ...]


@dataclass(frozen=True, slots=True)
class CueSheet:
    """A film's scenes and cues.

    Attributes
    ----------
    film : FilmFile
    scenes : tuple of SheetScene
        In order.
    cues : tuple of Cue
        In order, none over another; between two there may be silence.
    original : OwnSound or None
        None where nothing is said of the film's own sound, or it has none.
    slideshow : SheetSlideshow or None
        None for a film that is not made of photos.
    """

    film: FilmFile
    scenes: tuple[SheetScene, ...]
    cues: tuple[Cue, ...]
    original: OwnSound | None = None
    slideshow: SheetSlideshow | None = None

    @property
    def distance(self) -> float | None:
        """Mean distance along all cues; None where one does not tell its own."""
        known = [(cue.distance, cue.end - cue.start) for cue in self.cues if cue.distance is not None]
        if not known or len(known) < len(self.cues):
            return None
        return sum(distance * seconds for distance, seconds in known) / sum(seconds for _, seconds in known)

    def to_json(self) -> dict[str, Any]:
        """The documented shape ``img2music/cues/1`` (docs/soundtrack.md)."""
        rounded: dict[str, Any] = _rounded(
            {
                "schema": SCHEMA,
                "film": asdict(self.film),
                "scenes": [
                    {
                        **_span_json(scene),
                        "word": scene.affect.word,
                        "shots": [_span_json(shot) for shot in scene.shots],
                    }
                    for scene in self.scenes
                ],
                **({} if self.original is None else {"original": _original_json(self.original)}),
                **({} if self.slideshow is None else {"slideshow": asdict(self.slideshow)}),
                "cues": [asdict(_recorded(cue)) for cue in self.cues],
            }
        )
        return rounded


def gain(loudness: float | None) -> float:
    """Gain in decibels that brings a song of a loudness (LUFS; None for silence) to `LOUDNESS`."""
    return 0.0 if loudness is None else min(max(LOUDNESS - loudness, GAINS[0]), GAINS[1])


def as_json(sheet: CueSheet) -> bytes:
    """JSON in the shape ``img2music/cues/1``, in ASCII: names that are not UTF-8 survive as surrogate escapes."""
    return (json.dumps(sheet.to_json(), indent=2, allow_nan=False) + "\n").encode("ascii")


def as_csv(sheet: CueSheet) -> bytes:
    """CSV with a line for every cue (`CSV_COLUMNS`), in UTF-8; bytes of names that are not become escapes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
    writer.writerow(CSV_COLUMNS)
    for number, cue in enumerate(sheet.cues, start=1):
        track = cue.track
        row = (
            *(number, cue.start, cue.end, cue.start_frame, cue.end_frame),
            *(track.id, track.path, track.title, track.artist, track.album),
            *(cue.passage.start, cue.passage.end, cue.fade_in, cue.fade_out, cue.gain_db, cue.distance, cue.why),
        )
        writer.writerow([_rounded(cell) for cell in row])
    return text.getvalue().encode("utf-8", "backslashreplace")


def load(file: str | os.PathLike[str], told: Callable[[str], None] | None = None) -> CueSheet:
    """Read a cue sheet back, also one that was edited by hand.

    What only informs may be left out: frames, shots and scenes, titles, distance, why, alternatives; fades and gain
    are then 0. So may the film's own sound, which is then listened to again. What depends on a song, a passage or a
    place that was changed is found again (`swapping`).
    """
    from img2music.soundtrack.swapping import renewed

    name = os.fsdecode(file)
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - a path-like need not be a Path
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise InputError("is too large for a cue sheet.", name)
        document = json.loads(content)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}.", name) from None
    except json.JSONDecodeError as error:
        raise InputError(f"is no cue sheet: it is not JSON (line {error.lineno}: {error.msg}).", name) from None
    except (ValueError, RecursionError):
        raise InputError("is no cue sheet: it is not JSON in UTF-8, or nested too deeply.", name) from None
    try:
        sheet = _sheet(document)
    except _FaultError as fault:
        raise InputError(f"{fault}.", name) from None
    cues = []
    for number, cue in enumerate(sheet.cues, start=1):
        current, said = renewed(cue, number)
        cues.append(replace(current, computed_for=None))
        if said is not None and told is not None:
            told(said)
    return replace(sheet, cues=tuple(cues))


class _FaultError(Exception):
    """What is wrong with a cue sheet, without the file's name and the full stop."""


def _sheet(document: Any) -> CueSheet:
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _FaultError(f'is no cue sheet of this version of img2music ("schema" is not "{SCHEMA}")')
    film = _part(document, "film", "the sheet")
    read = FilmFile(
        path=_text(film, "path", "film"),
        duration=_number(film, "duration", "film", least=0.0),
        fps=_number(film, "fps", "film", least=0.0),
        frames=_count(film, "frames", "film"),
    )
    if not read.duration or not read.fps:
        raise _FaultError('film: "duration" and "fps" must be more than 0')
    scenes = tuple(_scene(value, f"scene {n}") for n, value in enumerate(_list(document, "scenes", "the sheet"), 1))
    cues = tuple(_cue(value, f"cue {n}") for n, value in enumerate(_list(document, "cues", "the sheet"), 1))
    before = 0.0
    for number, cue in enumerate(cues, start=1):
        if cue.start < before - TOLERANCE:
            raise _FaultError(f"cue {number} starts at {cue.start:g} s, before cue {number - 1} ends at {before:g} s")
        before = cue.end
    if before > read.duration + TOLERANCE:
        raise _FaultError(f"cue {len(cues)} ends at {before:g} s, after the film's end at {read.duration:g} s")
    return CueSheet(read, scenes, cues, _original(document), _slideshow(document, read))


def _slideshow(document: Mapping[str, Any], film: FilmFile) -> SheetSlideshow | None:
    if document.get("slideshow") is None:
        return None
    where = "the slideshow"
    show = _part(document, "slideshow", "the sheet")
    photos: list[SheetPhoto] = []
    for number, each in enumerate(_list(show, "photos", where), start=1):
        here = f"photo {number}"
        photo = SheetPhoto(
            _text(each, "path", here),
            _number(each, "start", here, least=0.0),
            _count(each, "start_frame", here),
        )
        if photo.start >= film.duration:
            raise _FaultError(f"{here} starts at {photo.start:g} s, and the film ends at {film.duration:g} s")
        if photos and photo.start <= photos[-1].start:
            raise _FaultError(f"{here} starts at {photo.start:g} s, not after photo {number - 1}")
        photos.append(photo)
    if not photos:
        raise _FaultError("the slideshow has no photos")
    size = [_count(show, side, where) for side in ("width", "height")]
    if not all(size):
        raise _FaultError('the slideshow lacks "width" or "height"')
    return SheetSlideshow(
        *(size[0] or 0, size[1] or 0),
        _number(show, "cross_fade", where, least=0.0, otherwise=0.0),
        _text(show, "captions", where) if show.get("captions") is not None else "none",
        tuple(photos),
    )


def _original(document: Mapping[str, Any]) -> OwnSound | None:
    if document.get("original") is None:
        return None
    where = "the film's own sound"
    own = _part(document, "original", "the sheet")
    use = _text(own, "use", where)
    if use not in set(Original):
        raise _FaultError(f'{where}: "use" is not {", ".join(Original)}')
    speech = None
    if own.get("speech") is not None:
        parts = [_times(part, f"speech {n}")[:2] for n, part in enumerate(_list(own, "speech", where), start=1)]
        speech = tuple(sorted(parts))
    return OwnSound(
        Original(use),
        _number(own, "duck_db", where, least=0.0),
        None if own.get("gain_db") is None else _number(own, "gain_db", where),
        speech,
    )


def _cue(value: Any, where: str) -> Cue:
    span = _times(value, where)
    passage = _passage(value, where)
    track = _track(value, where)
    was = _computed_for(value, where)
    lasts, sounds = span[1] - span[0], passage.end - passage.start
    if abs(lasts - sounds) > TOLERANCE:
        raise _FaultError(f"{where} lasts {lasts:g} s and its passage {sounds:g} s: they must be equally long")
    same_song = was is None or was.path == track.path
    if same_song and track.duration is not None and passage.end > track.duration + TOLERANCE:
        raise _FaultError(f"{where}: its passage ends at {passage.end:g} s, and its track at {track.duration:g} s")
    alternatives = []
    for number, other in enumerate(_list(value, "alternatives", where, needed=False), start=1):
        here = f"{where}, alternative {number}"
        distance = _number(other, "distance", here, least=0.0)
        note = _text(other, "note", here) if other.get("note") is not None else None
        alternatives.append(Alternative(_track(other, here), _passage(other, here), distance, note))
    return Cue(
        *span,
        track=track,
        passage=passage,
        fade_in=_number(value, "fade_in", where, least=0.0, otherwise=0.0),
        fade_out=_number(value, "fade_out", where, least=0.0, otherwise=0.0),
        gain_db=_number(value, "gain_db", where, otherwise=0.0),
        distance=_number(value, "distance", where, least=0.0) if value.get("distance") is not None else None,
        why=_text(value, "why", where) if value.get("why") is not None else "",
        alternatives=tuple(alternatives),
        beats=_beats(value, where),
        computed_for=was,
    )


def _computed_for(value: Mapping[str, Any], where: str) -> ComputedFor | None:
    if value.get("computed_for") is None:
        return None
    was, here = _part(value, "computed_for", where), f'{where}: its "computed_for"'
    start, end, *_ = _times(was, here)
    gain_db = _number(was, "gain_db", here)
    return ComputedFor(_count(was, "id", here), _text(was, "path", here), start, end, _passage(was, here), gain_db)


def _recorded(cue: Cue) -> Cue:
    track = cue.track
    return replace(cue, computed_for=ComputedFor(track.id, track.path, cue.start, cue.end, cue.passage, cue.gain_db))


def _beats(value: Mapping[str, Any], where: str) -> CueBeats | None:
    if value.get("beats") is None:
        return None
    beats, here = _part(value, "beats", where), f"{where}: its beats"
    known = {
        key: _number(beats, key, here) for key in ("tempo", "start_offset", "end_offset") if beats.get(key) is not None
    }
    return CueBeats(**known, note=_text(beats, "note", here) if beats.get("note") is not None else None)


def _scene(value: Any, where: str) -> SheetScene:
    shots = tuple(
        SheetSpan(*_times(shot, f"{where}, shot {n}"), _affect(shot, f"{where}, shot {n}"))
        for n, shot in enumerate(_list(value, "shots", where, needed=False), start=1)
    )
    return SheetScene(*_times(value, where), _affect(value, where), shots)


def _times(value: Any, where: str) -> tuple[float, float, int | None, int | None]:
    start = _number(value, "start", where, least=0.0)
    end = _number(value, "end", where)
    if end <= start:
        raise _FaultError(f"{where} ends at {end:g} s, but starts at {start:g} s")
    return start, end, _count(value, "start_frame", where), _count(value, "end_frame", where)


def _passage(value: Any, where: str) -> Passage:
    start, end, *_ = _times(_part(value, "passage", where), f"{where}: its passage")
    return Passage(start, end)


def _track(value: Any, where: str) -> CueTrack:
    track = _part(value, "track", where)
    here = f"{where}: its track"
    texts = {key: _text(track, key, here) for key in ("title", "artist", "album") if track.get(key) is not None}
    duration = None if track.get("duration") is None else _number(track, "duration", here, least=0.0)
    return CueTrack(id=_count(track, "id", here), path=_text(track, "path", here), duration=duration, **texts)


def _affect(value: Any, where: str) -> Affect:
    affect = _part(value, "affect", where)
    numbers = [_number(affect, axis, f"{where}: its affect", least=0.0) for axis in ("valence", "arousal")]
    if max(numbers) > 1.0:
        raise _FaultError(f"{where}: valence and arousal are numbers from 0 to 1")
    return Affect(*numbers)


def _part(value: Any, key: str, where: str) -> dict[str, Any]:
    part = value.get(key) if isinstance(value, dict) else None
    if not isinstance(part, dict):
        raise _FaultError(f'{where} lacks "{key}"')
    return part


def _list(value: Any, key: str, where: str, *, needed: bool = True) -> list[Any]:
    part = value.get(key, None if needed else []) if isinstance(value, dict) else None
    if not isinstance(part, list):
        raise _FaultError(f'{where} lacks the list "{key}"')
    return part


def _text(value: Any, key: str, where: str) -> str:
    part = value.get(key) if isinstance(value, dict) else None
    if not isinstance(part, str) or (key == "path" and not _names_a_file(part)):
        raise _FaultError(
            f'{where} lacks "{key}"' if part is None else f'{where}: "{key}" is not a text that can be used'
        )
    return part


def _names_a_file(path: str) -> bool:
    try:
        return "\0" not in path and 0 < len(os.fsencode(path)) < LONGEST_PATH
    except UnicodeEncodeError:  # half of a character that JSON writes as two
        return False


def _number(value: Any, key: str, where: str, *, least: float = -math.inf, otherwise: float | None = None) -> float:
    part = value.get(key, otherwise) if isinstance(value, dict) else None
    if part is None:
        raise _FaultError(f'{where} lacks "{key}"')
    greatest = sys.float_info.max  # JSON has whole numbers beyond it
    if isinstance(part, bool) or not isinstance(part, int | float) or not abs(part) <= greatest or part < least:
        bound = " of at least 0" if least == 0.0 else ""
        raise _FaultError(f'{where}: "{key}" is not a number{bound}')
    return float(part)


def _count(value: Mapping[str, Any], key: str, where: str) -> int | None:
    part = value.get(key)
    if part is None:
        return None
    if isinstance(part, bool) or not isinstance(part, int) or part < 0:
        raise _FaultError(f'{where}: "{key}" is not a whole number of at least 0')
    return part


def _span_json(span: SheetSpan) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "start_frame": span.start_frame,
        "end_frame": span.end_frame,
        "affect": asdict(span.affect),
    }


def _original_json(own: OwnSound) -> dict[str, Any]:
    speech = None if own.speech is None else [{"start": start, "end": end} for start, end in own.speech]
    return {**asdict(own), "speech": speech}


def _rounded(value: Any) -> Any:
    """Round every number with decimals, however deep; the rate of a film keeps what tells 29.97 from 30000/1001."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: round(part, 6) if key == "fps" else _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
