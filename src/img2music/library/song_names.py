"""What songs are called, so that it can be compared: titles without notes of their version, artists, paths.

Taggers, shops and servers write the same song in many ways: "Song (feat. X) [2011 Remaster]", "song - remastered",
"03. Artist - Song.mp3". What tells recordings apart (live, remix, remaster, ...) is taken out of the title and kept
beside it; what does not (featured guests, editions, "album version") is dropped.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from img2music.library.schema import UNKNOWN_ARTISTS, fold

_MARKS = re.compile("[\u0300-\u036f]")
_SILENT = re.compile("['\u2018\u2019\u201b\u02bc\u00b4`\u200b-\u200f\ufeff]")
_SIGNS = re.compile(r"[\W_]+")


_KEPT = 4_000
"""Names that are kept as they were read: those of a batch of songs, and of what they are compared with."""


@functools.lru_cache(maxsize=_KEPT)
def plain(text: str) -> str:
    """Words alone: without case, accents, apostrophes and signs, so that ways to write the same become equal."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", fold(text)))
    bare = _SILENT.sub("", unicodedata.normalize("NFC", bare).casefold()).replace("&", " and ")
    return _SIGNS.sub(" ", bare).strip() or " ".join(fold(text).split())  # a title such as "???" is its signs


class Likeness(IntEnum):
    """Whether two things are the same: not, perhaps, nobody can tell, nearly, surely."""

    OTHER = 0
    UNKNOWN = 1
    VAGUE = 2
    SAME = 3


# What marks a recording as another one than that of the album, by kind. The first that is found in a note counts, and
# the other words of the note say which one of its kind. Of words that stand in many languages the usual ones.
_KINDS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(rf"\b(?:{words})\b")
    for kind, words in {
        "karaoke": r"karaoke|backing track|in the style of|originally performed by|made famous by|노래방|カラオケ",
        "cover": r"cover|cover version|tribute|tribute to|커버",
        "live": (
            r"live|in concert|concert|unplugged|bootleg|(?:bbc|peel|radio|live|studio)? ?sessions?|en vivo|ao vivo|"
            r"en directo|en public|dal vivo|라이브|ライブ|現場|现场"
        ),
        "instrumental": r"instrumentals?|inst|no vocals?|반주|인스트루멘탈|インストゥルメンタル",
        "a cappella": r"a ?cappella|acapella|vocals? only",
        "demo": r"demos?|rough mix|rehearsal|outtakes?|early version|work tape|데모|デモ",
        "take": (
            r"(?:alternate|alternative|alt) (?:take|version|mix)|takes? (?:\d+|one|two|three|[ab])|alternate|"
            r"unreleased version"
        ),
        "anew": r"re ?recorded|rerecorded|re ?recording|\w+s version|new version|\d{4} version|redux|revisited",
        "acoustic": r"acoustic|unplugged|piano version|stripped|stripped down|어쿠스틱|アコースティック|akustik",
        "orchestral": r"orchestral|symphonic|string quartet|orchestra version|with orchestra",
        "speed": r"slowed|sped up|speed up|nightcore|slowed and reverb|8d|8d audio|chopped and screwed|daycore",
        "remaster": (
            r"remaster|remastered|remasters|remastering|digital remaster|remasterizado|remasterise|리마스터|"
            r"リマスター|重制|remastered version"
        ),
        "extended": r"extended|extended (?:mix|version)|12 inch|full length version|long version",
        "edit": (
            r"radio edit|radio version|single edit|single version|7 inch|edit|short version|video edit|"
            r"video version|clean version|clean|radio mix|single mix"
        ),
        "remix": (
            r"re ?mix|remixed|rmx|mix|dub|rework|reworked|flip|vip|club version|mashup|리믹스|リミックス|bootleg mix"
        ),
        "mono": r"mono|mono version",
        "version": r"version|ver|버전|バージョン",
    }.items()
}
_NEUTRAL = re.compile(
    r"(?:original|album|lp|studio|full|main|standard|explicit|stereo|regular)(?: (?:mix|version|ver|album version))?"
    r"|bonus|bonus tracks?|explicit version|official(?: (?:audio|video|music video))?|audio|hq|hd|lyrics?|title"
    r"|from .*|ost|original (?:motion picture )?soundtrack|theme from .*|타이틀"
)
_EDITION = re.compile(
    r"\b(?:deluxe|expanded|anniversary|special|limited|collectors?|bonus|edition|reissue|explicit|super deluxe|"
    r"legacy|complete|international|japan(?:ese)?|disc \d+|cd ?\d+|vol(?:ume)? \d+ of \d+|ep|single|lp|vinyl)\b"
)
_GUESTS = re.compile(r"^(?:feat|ft|featuring|with|w|prod|prod by|produced by)\b")
_BRACKETS = re.compile(r"[(\[{<\u3010\uff08]([^()\[\]{}<>\u3010\u3011\uff08\uff09]*)[)\]}>\u3011\uff09]")
_DASH = re.compile(r"\s+[-\u2010-\u2015\u2212~]\s+")
_OPEN_GUESTS = re.compile(r"\s(?:feat\.?|ft\.|featuring)\s.*$", re.IGNORECASE)
_LIVE_ALBUM = re.compile(
    r"\blive (?:at|in|from|on|album|\d{4})\b|\blive$|\bunplugged\b|\bin concert\b|\ben vivo\b|\bao vivo\b|"
    r"\bbbc sessions?\b|\bpeel sessions?\b"
)
_FILLERS = frozenset(re.findall(r"\w+", "the a an at in on from of and version ver remastered digital live mix edit"))

Versions = Mapping[str, frozenset[str]]
"""What marks a recording, by kind, and the words that say which one of that kind; empty for the usual recording."""


@dataclass(frozen=True, slots=True)
class SongTitle:
    """A title, or the name of an album: its words, and what was noted of the version."""

    core: str
    versions: Versions

    @classmethod
    def of(cls, text: str | None, *, album: bool = False) -> "SongTitle":
        """Read a title."""
        return _title(text or "", album)


@functools.lru_cache(maxsize=_KEPT)
def _title(text: str, album: bool) -> SongTitle:
    whole = text = unicodedata.normalize("NFC", text)
    versions: dict[str, frozenset[str]] = {}
    for _ in range(2):  # notes within notes
        text = _BRACKETS.sub(lambda found: _noted(found[1], versions, album, found[0]), text)
    head, *tail = _DASH.split(text)
    kept = [head, *(_noted(part, versions, album, part) for part in tail)]
    core = plain(_OPEN_GUESTS.sub("", " ".join(kept)))
    if album and "live" not in versions and (found := _LIVE_ALBUM.search(core)):
        versions["live"] = _details(core, found)
    if not core:  # all of it was a note, as in "(Live)"
        return SongTitle(plain(_SIGNS.sub(" ", whole)), {})
    return SongTitle(core, versions)


def _noted(note: str, versions: dict[str, frozenset[str]], album: bool, otherwise: str) -> str:
    """Take a note of a title in; gives what of it belongs to the title itself."""
    words = plain(note)
    if not words or _GUESTS.match(words) or _NEUTRAL.fullmatch(words):
        return " "
    for kind, pattern in _KINDS.items():
        if found := pattern.search(words):
            versions[kind] = versions.get(kind, frozenset()) | _details(words, found)
            return " "
    return " " if album and _EDITION.search(words) else otherwise


def _details(words: str, found: re.Match[str]) -> frozenset[str]:
    rest = f"{words[: found.start()]} {words[found.end() :]}".split()
    return frozenset(word for word in rest if word not in _FILLERS)


def same_version(one: Versions, other: Versions) -> Likeness:
    """Compare what is noted of two recordings; vague where one says less than the other."""
    if one.keys() != other.keys():
        return Likeness.OTHER
    exact = True
    for kind, details in one.items():
        others = other[kind]
        if details == others:
            continue
        if not (details <= others or others <= details):
            return Likeness.OTHER
        exact = False
    return Likeness.SAME if exact else Likeness.VAGUE


def joined(title: Versions, album: Versions) -> Versions:
    """What is noted of a recording by its title and its album together."""
    return {kind: title.get(kind, frozenset()) | album.get(kind, frozenset()) for kind in title.keys() | album.keys()}


_AMONG_ARTISTS = re.compile(
    r"\s*(?:;|/|,|&|\+|\||\u3001|\uff0c|\u00d7|(?<=\s)(?:feat|ft|vs)\b\.?|\s(?:featuring|with|and|x|und|et|y)\s)\s*",
    re.IGNORECASE,
)
_UNKNOWN_ARTISTS = {plain(name) for name in UNKNOWN_ARTISTS if name} | {"", "va", "no artist", "unbekannt"}


@functools.lru_cache(maxsize=_KEPT)
def artists_of(text: str | None) -> tuple[str, ...]:
    """Names of artists, the first first; none where nobody is named."""
    spaced = _BRACKETS.sub(lambda found: f"; {found[1]} ", text or "")
    names = (_artist(name) for name in _AMONG_ARTISTS.split(spaced))
    found = tuple(dict.fromkeys(name for name in names if name not in _UNKNOWN_ARTISTS))
    return found if plain(text or "") not in _UNKNOWN_ARTISTS else ()


def _artist(name: str) -> str:
    words = re.sub(r"^(?:feat|ft|featuring) ", "", plain(name))
    return words.removeprefix("the ") if words != "the" else ""


@functools.lru_cache(maxsize=_KEPT)
def _scripts(name: str) -> frozenset[str]:
    """The scripts of its letters but Latin ones; those of Japanese and Chinese are one."""
    if name.isascii():
        return frozenset()
    found = {unicodedata.name(each, "").partition(" ")[0] for each in name if each.isalpha()}
    return frozenset("CJK" if each in ("HIRAGANA", "KATAKANA") else each for each in found) - {"LATIN"}


def in_other_scripts(one: str, other: str) -> bool:
    """Whether two names, each of something, can't be compared, since a script of one is not in the other."""
    scripts = _scripts(one), _scripts(other)
    numbers = [re.findall(r"\d+", name) for name in (one, other)]
    same_numbers = not all(numbers) or numbers[0] == numbers[1]
    return bool(one and other and (scripts[0] or scripts[1])) and scripts[0].isdisjoint(scripts[1]) and same_numbers


def same_artists(one: tuple[str, ...], other: tuple[str, ...]) -> Likeness:
    """Whether two songs are by the same: the first of one is among the other's."""
    if not one or not other:
        return Likeness.UNKNOWN
    if one[0] in other or other[0] in one:
        return Likeness.SAME
    return _otherwise_written(" ".join(one), " ".join(other))


def same_titles(one: str, other: str) -> Likeness:
    """Compare the words of two titles."""
    if not one or not other:
        return Likeness.UNKNOWN
    if one == other or _written_out(one) == _written_out(other):
        return Likeness.SAME
    return _otherwise_written(one, other)


def _otherwise_written(one: str, other: str) -> Likeness:
    if nearly(one, other):
        return Likeness.VAGUE
    return Likeness.UNKNOWN if in_other_scripts(one, other) else Likeness.OTHER


_CUT = 20
"""Letters from which on the beginning of a name may be a name that was cut, as tags of old do after 30."""
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_SHORT = {"pt": "part", "no": "number", "nr": "number", "vol": "volume", "op": "opus", "n": "and"}


def _written_out(name: str) -> str:
    return " ".join(_SHORT.get(word, _NUMERALS.get(word, word)) for word in name.split())


def nearly(one: str, other: str) -> bool:
    """Whether two names differ as one name does by a slip, a cut or an abbreviation; numbers in them must not."""
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    short, long = sorted((one, other), key=len)
    if len(short) >= _CUT and long.startswith(short):
        return True
    one, other = _written_out(one), _written_out(other)
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    return min(len(one), len(other)) >= 5 and _ratio(one, other) >= 0.85


def _ratio(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.85 and matcher.quick_ratio() >= 0.85 else 0.0


_NUMBER = re.compile(
    r"^\s*(?:(?:(?:cd|disc)\s*)?\d{1,2}\s*[-.]\s*(?=\d))?(\d{1,3})\s*(?:[-._)\]]\s*|\s+)(?=\S)", re.IGNORECASE
)
_ENDING = re.compile(r"\.\w{1,5}$")
_YEAR = re.compile(r"^\s*[(\[]?(?:19|20)\d\d[)\]]?\s*[-._ ]\s*(?=\S)|\s*[(\[](?:19|20)\d\d[)\]]\s*$")


@dataclass(frozen=True, slots=True)
class SongPath:
    """A path of a song, from its end: what of it is the same below any root, and what it says of the song."""

    parts: tuple[str, ...]
    """Words of the name without its ending, of its folder, and of the folder above."""
    number: int | None
    """Within the album, if the name begins with one."""
    title: str
    """The name without that, as it is written."""
    album: str
    """The name of the folder, without a year."""
    artist: str
    """The name of the folder above, or what the name begins with before the title."""

    @classmethod
    def of(cls, path: str | None) -> "SongPath":
        """Read a path of any system."""
        names = [name for name in re.split(r"[/\\]", path or "") if name and name != "."][-4:]
        if not names:
            return _NOWHERE
        name = _ENDING.sub("", names[-1])
        found = _NUMBER.match(name)
        rest = name[found.end() :] if found else name
        folder = names[-2] if len(names) > 1 else ""
        above = names[-3] if len(names) > 2 else ""
        if re.fullmatch(r"(?:cd|disc|disk)\s*\d+", folder, re.IGNORECASE):
            folder, above = above, names[-4] if len(names) > 3 else ""
        artist = above
        pieces = _DASH.split(rest)
        if len(pieces) > 1 and plain(pieces[0]) == plain(above or folder):
            rest, artist = rest[len(pieces[0]) :].lstrip(" -\u2013\u2014"), pieces[0]
            if again := _NUMBER.match(rest):
                found, rest = found or again, rest[again.end() :]
        parts = tuple(plain(each) for each in (name, *names[-2::-1]))[:4]
        return cls(parts, int(found[1]) if found else None, rest, _YEAR.sub("", folder), artist)

    def is_name(self, title: str) -> bool:
        """Whether a title is nothing but the name of the file, with its ending or without."""
        return bool(self.parts) and self.parts[0] in {plain(title), plain(_ENDING.sub("", title))}

    def shared(self, other: "SongPath") -> int:
        """How many parts are the same, from the end."""
        count = 0
        for one, another in zip(self.parts, other.parts, strict=False):
            if one != another or not one:
                break
            count += 1
        return count


_NOWHERE = SongPath((), None, "", "", "")
