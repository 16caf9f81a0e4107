"""What a person can choose: each option with its default, limits and help, once. Light, since help reads it."""

import dataclasses
import functools
import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypedDict, TypeVar

from img2music.analysis import FailureKind
from img2music.arguments import SHOWN, require_kind
from img2music.errors import UsageError, printable, shown
from img2music.filters import AnyPath as AnyPath  # noqa: PLC0414 - passed on
from img2music.filters import FilterWishes, TrackFilter


class MatchMode(StrEnum):
    """How pictures and songs are compared: by ranks within each, or by their affects as they are."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class CueCount(StrEnum):
    """How many cues a film gets: one, one a scene, or as many as are worth their price."""

    ONE = "one"
    SCENE = "scene"
    AUTO = "auto"


class OriginalSound(StrEnum):
    """What becomes of a film's own sound: kept, kept with the music lowered under speech, or dropped."""

    KEEP = "keep"
    DUCK = "duck"
    DROP = "drop"


class PhotoOrder(StrEnum):
    """In which order a slideshow's photos come."""

    NAME = "name"
    DATE = "date"
    MOOD = "mood"


class FilmShape(StrEnum):
    """Proportions of a film."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Captions(StrEnum):
    """What is written on a slideshow's photos: nothing, their own titles, or the names of their files."""

    NONE = "none"
    TITLE = "title"
    NAME = "name"


ME = "me"
"""Whose feedback it is where nobody says."""


class LyricsSource(StrEnum):
    """Where lyrics may be fetched from: the files' tags, files beside them, or services of the internet."""

    TAGS = "tags"
    FILES = "files"
    LRCLIB = "lrclib"
    MUSIXMATCH = "musixmatch"


PROCESSES = "processes"
"""Files are analysed by processes of this machine, rather than on a Ray cluster."""

Options = TypeVar("Options")


def option(
    default: Any,
    help: str,  # noqa: A002
    *,
    least: float | None = None,
    most: float | None = None,
    metavar: str | None = None,
    flag: str | None = None,
    shown: str | None = None,
) -> Any:
    """Declare a field of an option dataclass; ``flag`` names it on a command line where its own name does not."""
    words = {"help": help, "least": least, "most": most, "metavar": metavar, "flag": flag, "shown": shown}
    return dataclasses.field(default=default, metadata=words)


class Checked:
    """An option dataclass whose strings become enums, and whose values outside their limits are refused."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(typing.cast(Any, self)):
            name, value, kinds = field.name, getattr(self, field.name), kinds_of(field, type(self))
            if isinstance(kinds[0], type) and issubclass(kinds[0], StrEnum) and value is not None:
                value = chosen(kinds[0], value, name)
                object.__setattr__(self, name, value)
            require_kind(name, value, hints_of(typing.cast(Any, type(self)))[name])
            if value is not None and kinds == (int,):
                value = int(value)
                object.__setattr__(self, name, value)
            within(name, value, field.metadata.get("least"), field.metadata.get("most"))


Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], value: object, name: str) -> Choice:
    """The member of an enum that a person named."""
    try:
        return kind(value)  # type: ignore[arg-type]
    except ValueError:
        *others, last = kind
        words = f"{', '.join(others)} or {last}"
        raise UsageError(f"`{name}` must be {words}, not {printable(str(value))!r}.") from None


def within(name: str, value: Any, least: float | None, most: float | None) -> None:
    """Refuse a number outside its limits."""
    if value is None or (least is None and most is None):
        return
    number = float(value)
    if most is None and not number >= (least or 0.0):
        raise UsageError(f"`{name}` must be at least {least:g}, not {number:g}.")
    if most is not None and not (least or 0.0) <= number <= most:
        raise UsageError(f"`{name}` must be from {least or 0:g} to {most:g}, not {number:g}.")


_MATCH = "Compare ranks within pictures and within songs, or the affects as they are."
_IMAGE_MODEL: dict[str, Any] = {
    "help": "What reads pictures: the name of a model, or a model file.",
    "metavar": "NAME|FILE",
    "shown": "IMG2MUSIC_IMAGE_MODEL, or the model that was chosen",
}
LOUDNESS = -16.0
"""Integrated loudness in LUFS at which songs meet and a film is delivered, unless asked otherwise."""
DUCKING = 12.0
"""Decibels by which music is lowered under speech, unless asked otherwise. Music in front of which nobody speaks is as
loud as the speech, so it then lies 12 dB beneath it: mixers of films and broadcasts put it 12 to 15 dB there, and
listeners ask for at least 10 LU (Torcoli et al. 2019, "Preferred Levels for Background Ducking", J. Audio Eng. Soc.
67)."""


@dataclasses.dataclass(frozen=True)
class RecommendOptions(Checked):
    """How to recommend."""

    top: int = option(10, "Songs for each query.", least=1)
    match: MatchMode = option(MatchMode.RELATIVE, _MATCH)
    per_artist: int | None = option(
        None, "At most so many songs of one artist; 0 for any number.", least=0, shown="2"
    )  # None: any number where artists or albums are asked for, else 2, and more where a list would be short
    per_album: int | None = option(None, "At most so many songs of one album.", least=1, shown="any number")
    together: bool = option(
        False, "One playlist through all pictures in their order, of at least `top` songs and one each."
    )
    image_model: AnyPath | None = option(None, **_IMAGE_MODEL)
    person: str = option(ME, "Whose feedback counts.", metavar="NAME")
    where: TrackFilter = TrackFilter()


_NUMBER = re.compile(r"\s*0*[1-9]\d{0,8}\s*")
Pins = tuple[tuple[int, str], ...]
Uses = tuple[tuple[int, int], ...]
UseWishes = Mapping[int, int] | Iterable[tuple[int, int] | str] | str


@dataclasses.dataclass(frozen=True)
class SpotOptions(Checked):
    """How music is chosen for a film."""

    cues: CueCount = option(
        CueCount.AUTO, "One song for the whole film, one passage a scene, or as many changes as are worth it."
    )
    songs: int | None = option(None, "About so many songs.", least=1, shown="as many changes as are worth it")
    least_song: float = option(
        30.0, "How long a song is heard at least, unless a pin needs less.", least=1.0, most=3600.0, metavar="SECONDS"
    )
    least_scene: float = option(12.0, "Least length of a scene.", least=1.0, most=3600.0, metavar="SECONDS")
    alternatives: int = option(3, "Runners-up to list with each passage.", least=0)
    match_tempo: bool = option(False, "Prefer quick music where the film cuts quickly, and slow where slowly.")
    pictures_only: bool = option(
        False, "Read scenes from their pictures alone, whatever moves, cuts and sounds in the film."
    )
    pins: Pins = option(
        (), "This song under this scene: #17, its path or title. May be repeated.", flag="pin", metavar="SCENE=SONG"
    )  # also a mapping of scene to song, or strings such as "2=#17"
    bans: tuple[str, ...] = option(
        (), "Never this song, named as for `pins`. May be repeated.", flag="ban", metavar="SONG"
    )
    match: MatchMode = option(MatchMode.RELATIVE, _MATCH)
    image_model: AnyPath | None = option(None, **_IMAGE_MODEL)
    person: str = option(ME, "Whose feedback counts.", metavar="NAME")
    where: TrackFilter = TrackFilter()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", pins_of(self.pins))
        object.__setattr__(self, "bans", bans_of(self.bans))
        super().__post_init__()
        if self.songs is not None and self.cues is not CueCount.AUTO:
            raise UsageError(f"`songs` goes without `cues={self.cues}`.")


@dataclasses.dataclass(frozen=True)
class SoundOptions(Checked):
    """How music and the own sound of what it lies under sound together."""

    original: OriginalSound | None = option(
        None,
        "The own sound of the film, or of clips among photos: keep it, keep it and lower the music while someone "
        "speaks in it, or drop it.",
        shown="duck; or as the cue sheet says",
    )
    duck: float | None = option(
        None,
        "By how much the music is lowered while someone speaks in it; 0: not at all.",
        least=0.0,
        most=60.0,
        metavar="DB",
        shown=f"{DUCKING:g}",
    )
    music_db: float | None = option(
        None,
        "How much louder the music is than speech in it, or, below 0, softer; under speech it stays as far beneath as "
        "`duck` says.",
        least=-60.0,
        most=24.0,
        flag="music_level",
        metavar="DB",
        shown="0; or as the cue sheet says",
    )
    loudness: float = option(LOUDNESS, "Integrated loudness of the result.", least=-36.0, most=-8.0, metavar="LUFS")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.duck is not None and self.original not in (None, OriginalSound.DUCK):
            raise UsageError(f"`duck` goes without `original={self.original}`.")
        if self.music_db is not None and self.original is OriginalSound.DROP:
            raise UsageError("`music_db` goes without `original=drop`: alone, music is as loud as `loudness` says.")


@dataclasses.dataclass(frozen=True)
class ScoreOptions(SoundOptions):
    """How a film with music sounds."""

    uses: Uses = option(
        (),
        "In this cue the song that is so many in its list of runners-up, such as 6=2. May be repeated.",
        flag="use",
        metavar="CUE=ALTERNATIVE",
    )  # also a mapping of cue to alternative, or strings such as "6=2"

    def __post_init__(self) -> None:
        object.__setattr__(self, "uses", uses_of(self.uses))
        super().__post_init__()


@dataclasses.dataclass(frozen=True)
class SlideshowOptions(SoundOptions):
    """What a slideshow looks and sounds like."""

    order: PhotoOrder = option(
        PhotoOrder.NAME, "As given and by name, by when they were taken, or calm to lively and back."
    )
    seconds_per_photo: float = option(4.0, "How long each photo is seen.", least=1.0, most=60.0, metavar="SECONDS")
    clip_length: float = option(
        10.0,
        "How much of a film among the photos is seen at most: its liveliest part.",
        least=1.0,
        most=3600.0,
        metavar="SECONDS",
    )
    photos_only: bool = option(False, "Leave out the films in folders.")
    whole_song: bool = option(False, "One song from start to end; the photos are spread evenly over its length.")
    shape: FilmShape = option(FilmShape.WIDE, "Proportions of the film.")
    size: int = option(1080, "Shorter side of the film.", least=64, most=2160, metavar="PIXELS")
    fps: int = option(30, "Pictures a second.", least=10, most=60)
    cross_fade: float = option(
        1.0,
        "From one photo to the next, at most a third of its time; 0: cuts.",
        least=0.0,
        most=60.0,
        metavar="SECONDS",
    )
    captions: Captions = option(Captions.NONE, "Write the photos' own titles, or the names of their files, on them.")
    still: bool = option(False, "Photos stand still, where else the view moves slowly through them.")
    font: AnyPath | None = option(None, "Font for captions.", metavar="FILE", shown="DejaVu Sans")
    silent: bool = option(False, "No sound, neither music nor that of clips; needs no library.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.silent and self.whole_song:
            raise UsageError("`silent` goes without `whole_song`.")
        if self.silent and (self.original, self.duck, self.music_db) != (None, None, None):
            raise UsageError("`silent` goes without `original`, `duck` and `music_db`: there is no sound.")


@dataclasses.dataclass(frozen=True)
class ScanOptions(Checked):
    """How folders are scanned."""

    jobs: int | None = option(None, "Number of processes.", least=1, shown="one a processor")
    on: str = option(
        PROCESSES,
        "Where files are analysed: in processes of this machine, or on a Ray cluster, this machine's or at an address.",
        metavar="processes|ray[://HOST:PORT]",
    )
    full: bool = option(False, "Analyse every file again, unchanged ones too.")
    tags: bool = option(False, "Read the tags of known files again, without listening again.")
    retry_failed: bool = option(False, "Try the files again that could not be analysed and have not changed since.")
    retry: FailureKind | None = option(None, "Try those of them again that failed so.", shown="none")
    failing: float = option(
        1.0,
        "Share of the files, of those that are looked into, above which the scan gives up and has failed.",
        least=0.0,
        most=1.0,
        metavar="SHARE",
    )
    dry_run: bool = option(False, "Only tell what would be done; write nothing.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.on != PROCESSES:
            require_cluster(self.on)


def require_cluster(on: str) -> None:
    """Refuse what names no Ray cluster."""
    if not re.fullmatch(r"ray(://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?)?", on):
        raise UsageError(f"`on` must be {PROCESSES}, ray or ray://host:port, not {shown(on)}.")


@dataclasses.dataclass(frozen=True)
class WatchOptions(Checked):
    """How patiently photos are watched."""

    settle: float = option(
        5.0,
        "How long nothing must change before a playlist is renewed.",
        least=0.1,
        most=3600.0,
        metavar="SECONDS",
    )
    every: float = option(
        300.0,
        "How often photo services are asked for what is new, and folders are looked through, whatever happens.",
        least=1.0,
        most=86400.0,
        metavar="SECONDS",
    )


@dataclasses.dataclass(frozen=True)
class ExchangeOptions(Checked):
    """How a playlist goes to a music server, or comes from one."""

    name: str | None = option(None, "What it is called where it goes.", metavar="NAME", shown="as where it comes from")
    overwrite: bool = option(False, "Overwrite what was changed where it goes since both were last the same.")
    take_over: bool = option(False, "Write into a playlist of that name that img2music did not make.")
    refresh: bool = option(False, "Read all songs of the server again, and match all of them anew.")
    dry_run: bool = option(False, "Only tell what would be done, which songs match, which don't, and why.")


@dataclasses.dataclass(frozen=True)
class TagOptions(Checked):
    """How moods are written into files' tags."""

    remove: bool = option(False, "Take out what an earlier run wrote, and bring back what it replaced.")
    overwrite: bool = option(False, "Also replace what a person or another program has written.")
    keep_times: bool = option(False, "Leave the files' times of modification as they were.")
    dry_run: bool = option(False, "Only tell what would be done; write nothing.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.remove and self.overwrite:
            raise UsageError("`remove` brings back what was there, `overwrite` replaces it: choose one.")


def with_filter(kind: type[Options], wishes: Mapping[str, Any]) -> Options:
    """Make options of keywords in which those of a `TrackFilter` (``genre="jazz"``) stand beside the others."""
    own = {field.name for field in dataclasses.fields(typing.cast(Any, kind))}
    filters = {field.name for field in dataclasses.fields(TrackFilter)} - own if "where" in own else set()
    if unknown := sorted(set(wishes) - own - filters):
        raise UsageError(f"There is no option `{unknown[0]}`.")
    given = {name: value for name, value in wishes.items() if name in own and (name != "where" or value is not None)}
    where = given.get("where", TrackFilter())
    if not isinstance(where, TrackFilter):
        raise UsageError(f"`where` must be a TrackFilter, not {printable(repr(where)[:60])}.")
    if conditions := {name: value for name, value in wishes.items() if name in filters}:
        if where != TrackFilter():
            raise UsageError(f"Give either `where` or `{next(iter(conditions))}`.")
        given["where"] = TrackFilter(**conditions)
    return kind(**given)


def pins_of(wishes: object) -> Pins:
    """Scenes and their songs, from ``{2: "#17"}``, ``[(2, "#17")]`` or ``["2=#17"]``."""
    pairs = [_pin(wish) for wish in _wishes("pins", wishes.items() if isinstance(wishes, Mapping) else wishes)]
    if twice := _twice(pairs):
        raise UsageError(f"Scene {twice} is pinned twice.")
    return tuple(pairs)


def _pin(wish: Any) -> tuple[int, str]:
    if isinstance(wish, str):
        scene, _, song = wish.partition("=")
    else:
        scene, song = (str(wish[0]), _song("pins", wish[1])) if isinstance(wish, tuple) and len(wish) == 2 else ("", "")
    if not song or not _NUMBER.fullmatch(scene):
        raise UsageError(f"`pins` {shown(str(wish))} can't be read: give SCENE=TRACK, such as '2=#17'.")
    return int(scene), song


def uses_of(wishes: UseWishes) -> Uses:
    """Cues and the number of one of their alternatives, from ``{6: 2}``, ``[(6, 2)]`` or ``["6=2"]``."""
    pairs = [_use(wish) for wish in _wishes("uses", wishes.items() if isinstance(wishes, Mapping) else wishes)]
    if twice := _twice(pairs):
        raise UsageError(f"Another song is to be used in cue {twice} twice.")
    return tuple(pairs)


def _use(wish: Any) -> tuple[int, int]:
    words = wish.split("=") if isinstance(wish, str) else map(str, wish) if isinstance(wish, tuple) else ()
    numbers = [int(word) for word in words if _NUMBER.fullmatch(word)]
    if len(numbers) != 2:
        raise UsageError(f"`uses` {shown(str(wish))} can't be read: give CUE=ALTERNATIVE, such as '6=2'.")
    return numbers[0], numbers[1]


def _twice(pairs: Iterable[tuple[int, object]]) -> int | None:
    return next((number for number, count in Counter(number for number, _ in pairs).items() if count > 1), None)


def bans_of(wishes: object) -> tuple[str, ...]:
    """Songs, from one or several."""
    return tuple(_song("bans", wish) for wish in _wishes("bans", wishes))


def _wishes(name: str, given: Any) -> Iterable[Any]:
    """Several wishes, also of one."""
    if isinstance(given, str) or (name == "bans" and isinstance(given, int)):
        return (given,)
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise UsageError(f"`{name}` must be a list, not {printable(repr(given))[:SHOWN]}.")
    return given


def _song(name: str, song: object) -> str:
    """Name a song as `pins` and `bans` do: a track or its id by number, else a path, a title or part of it."""
    number = song if isinstance(song, int) else getattr(song, "id", None)
    if number is None:
        require_kind(name, song, AnyPath)
    return str(song) if number is None else f"#{number}"


def limits(of: type, name: str) -> tuple[Any, Any]:
    """Least and most that a field of an option dataclass may be."""
    words = next(field.metadata for field in dataclasses.fields(of) if field.name == name)
    return words["least"], words["most"]


@functools.cache
def hints_of(of: Any) -> dict[str, Any]:
    """The types of the fields of an option dataclass."""
    return typing.get_type_hints(of)


def kinds_of(field: "dataclasses.Field[Any]", of: type) -> tuple[type, ...]:
    """The types that a field of an option dataclass may have, without None."""
    hint = hints_of(of)[field.name]
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return tuple(kind for kind in kinds if kind is not type(None))


class RecommendWishes(FilterWishes, total=False):
    """Keywords of `RecommendOptions` and its filter."""

    top: int
    match: MatchMode | str
    per_artist: int | None
    per_album: int | None
    together: bool
    image_model: AnyPath | None
    person: str
    where: TrackFilter | None


class SpotWishes(FilterWishes, total=False):
    """Keywords of `SpotOptions` and its filter."""

    cues: CueCount | str
    songs: int | None
    least_song: float
    least_scene: float
    alternatives: int
    match_tempo: bool
    pictures_only: bool
    pins: Mapping[int, Any] | Iterable[Any] | str
    bans: Iterable[Any] | str
    match: MatchMode | str
    image_model: AnyPath | None
    person: str
    where: TrackFilter | None


class SoundWishes(TypedDict, total=False):
    """Keywords of `SoundOptions`."""

    original: OriginalSound | str | None
    duck: float | None
    music_db: float | None
    loudness: float


class ScoreWishes(SoundWishes, total=False):
    """Keywords of `ScoreOptions`."""

    uses: UseWishes


class SlideshowWishes(SoundWishes, total=False):
    """Keywords of `SlideshowOptions`."""

    order: PhotoOrder | str
    seconds_per_photo: float
    clip_length: float
    photos_only: bool
    whole_song: bool
    shape: FilmShape | str
    size: int
    fps: int
    cross_fade: float
    captions: Captions | str
    still: bool
    font: AnyPath | None
    silent: bool


class ScoreSpotWishes(ScoreWishes, SpotWishes, total=False):
    """Keywords of `ScoreOptions` and `SpotOptions`."""


class SlideshowSpotWishes(SlideshowWishes, SpotWishes, total=False):
    """Keywords of `SlideshowOptions` and `SpotOptions`."""


class ScanWishes(TypedDict, total=False):
    """Keywords of `ScanOptions`."""

    jobs: int | None
    on: str
    full: bool
    tags: bool
    retry_failed: bool
    retry: FailureKind | str | None
    failing: float
    dry_run: bool


class ExchangeWishes(TypedDict, total=False):
    """Keywords of `ExchangeOptions`."""

    name: str | None
    overwrite: bool
    take_over: bool
    refresh: bool
    dry_run: bool


class TagWishes(FilterWishes, total=False):
    """Keywords of `TagOptions`."""

    remove: bool
    overwrite: bool
    keep_times: bool
    dry_run: bool
