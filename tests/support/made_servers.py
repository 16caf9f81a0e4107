"""A made library and a made server that hold much of the same music, and which song is which track.

Nothing of it is real: names are made of syllables and words of several scripts. Each song is there in one of the ways
of `_WAYS`, of which the numbers say how many of a hundred are.

What differs between both sides is what differs in life: roots, case and forms of Unicode of paths, paths that servers
make of tags or of ids, encodings, lengths that are told in whole seconds, silence that was trimmed, spelling, tags that
are cut or lacking, other releases of the same recording (compilations), copies on either side. Four songs of a hundred
are written in another script on one side ("other script"): title and artist, and now and then the album, romanised as
people do it, not by a rule; half of them below another root, the others with nothing but tags and length to go by.

Beside it is what must not be taken for the same: covers, other songs of the same title, songs that are on one side
only, and other versions (`VERSIONS`), most of which their title or their album notes. Of remasters, every third is
noted nowhere, as on discs that say so on the back alone: title, artist, album and number are the same, the year is the
remaster's, and the length differs by a normal deviate of two seconds. No rule can tell those whose lengths are within a
second from another encoding of the same master, so they cost precision. Nor does the year tell: of the songs, three in
twenty have none, and one in twenty that of another release.

Of the files, two in five have MusicBrainz's id of the recording and nine in ten a number; of the songs, three in ten
and nine in ten. As in MusicBrainz's guidelines, half of the remasters have the id of the recording that was remastered.
Of the songs whose id is told, one in thirty has another one than its file, since MusicBrainz has the recording twice.
"""

import dataclasses
import random
import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from img2music.connectors.music_server import ServerSong
from img2music.library.record import TrackRecord
from img2music.library.schema import folded
from tests.support.songs import record

_SYLLABLES = re.findall("..", "babebobadafagahajokakilalelomamimonanenopararerirosasesisotatetovavezafidu")
_ACCENTS = {"a": "áàäâå", "e": "éèêë", "o": "óöôø", "i": "íî", "n": "ñ", "u": "üú", "s": "š", "c": "ç"}
_ADJECTIVES = tuple(
    re.findall(
        r"\w+", "silver broken golden lonely electric burning hollow distant gentle velvet crooked frozen hidden"
    )
)
_NOUNS = tuple(
    re.findall(r"\w+", "river mirror garden summer engine shadow lantern harbour winter signal window mountain ocean")
)
_VERBS = ("chasing", "leaving", "holding", "breaking", "finding", "losing", "watching", "calling")
_COMMON = [
    "Home",
    "Intro",
    "Hold On",
    "Angel",
    "Stay",
    "Interlude",
    "Fire",
    "Rain",
    "Alone",
    "Forever",
    "You",
    "Run",
    "Dreams",
    "Heaven",
    "Lost",
    "Time",
    "Outro",
    "Again",
    "Without You",
    "Live and Learn",
    "Remix the World",
    "Cover Me",
    "Demo Derby",
    "Mr. Moon",
    "Take Two Steps",
    "Edit My Heart",
]
_OTHER_SCRIPTS = {
    "밤하늘": "Bamhaneul",
    "여름밤의 꿈": "Yeoreumbamui Kkum",
    "봄날의 바다": "Spring Sea",
    "夜の海": "Yoru no Umi",
    "桜の道": "Sakura no Michi",
    "Белая ночь": "Belaya noch",
    "Река времени": "Reka vremeni",
    "Καλοκαίρι": "Kalokairi",
    "雨の音": "Sound of Rain",
    "첫눈": "First Snow",
    "Осень": "Osen'",
    "月光": "Gekkou",
}
_OTHER_ARTISTS = {
    "김서아": "Kim Seo-a",
    "이도윤 밴드": "Lee Do Yoon Band",
    "山本ひかり": "Hikari Yamamoto",
    "Ночной поезд": "Nochnoy Poezd",
    "Μαρία Άνεμος": "Maria Anemos",
    "青い鳥": "Aoi Tori",
    "바다소년": "Badasonyeon",
}
"""Names in other scripts, and how people write them in Latin letters: by sound in several ways, or by meaning."""
_GENRES = ["Rock", "Pop", "Jazz", "Electronic", "Folk", "K-Pop"]
VERSIONS = ("live", "remaster", "remix", "acoustic", "demo", "edit", "instrumental", "again")


@dataclass(frozen=True)
class Recording:
    """What was once played and mixed, and a release that it is on."""

    id: str
    mbid: str  # of what was played, however it was mastered
    artist: str
    title: str
    album: str
    number: int
    year: int
    duration: float
    version: str | None = None
    guest: str | None = None
    genre: str = "Rock"
    unmarked: bool = False


@dataclass
class MadeServer:
    """Tracks of a library by number, songs of a server, and the tracks that each song is, of which any will do."""

    tracks: dict[int, dict[str, Any]] = field(default_factory=dict)
    songs: list[ServerSong] = field(default_factory=list)
    same: dict[str, frozenset[int]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


class Maker:
    """Makes them; the same of the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.made = MadeServer()
        self.files: dict[str, list[int]] = {}
        self.paths: set[str] = set()
        self.artists: Counter[str] = Counter()

    # Music

    def word(self, syllables: int) -> str:
        name = "".join(self.chance.choice(_SYLLABLES) for _ in range(syllables))
        if self.chance.random() < 0.25:
            letter = self.chance.choice(name)
            name = name.replace(letter, self.chance.choice(_ACCENTS.get(letter, letter)), 1)
        return name.capitalize()

    def artist(self) -> str:
        kind = self.chance.random()
        name = f"{self.word(2)} {self.word(self.chance.choice((2, 3)))}"
        if kind < 0.15:
            name = f"The {self.word(3)}s"
        elif kind < 0.22:
            name = f"{self.word(2)} & {self.word(3)}"
        elif kind < 0.3:
            name = f"{self.chance.choice([*_OTHER_ARTISTS])} {self.word(2)}"
        elif kind < 0.35:
            name = f"{self.word(2)} 'n' {self.word(2)}"
        return name

    def title(self) -> str:
        kind = self.chance.random()
        if kind < 0.2:
            return self.chance.choice(_COMMON)
        if kind < 0.3:
            return f"{self.chance.choice([*_OTHER_SCRIPTS])} {self.chance.randint(1, 99)}"
        words = f"{self.chance.choice(_ADJECTIVES)} {self.chance.choice(_NOUNS)} {self.word(2)}".title()
        if kind < 0.5:
            words = f"{self.chance.choice(_VERBS)} the {self.chance.choice(_NOUNS)} of {self.word(2)}".title()
        elif kind < 0.55:
            words = f"({self.word(2)}'s Got) {words}"
        elif kind < 0.6:
            words = f"{words}, Pt. {self.chance.randint(1, 3)}"
        elif kind < 0.64:
            words = f"{words}: A Long and Winding Tale of {self.word(3)} and {self.word(3)}"
        return words

    def family(self) -> list[Recording]:
        """An artist's album."""
        artist, album, year = self.artist(), self.title(), self.chance.randint(1960, 2023)
        if self.artists and self.chance.random() < 0.5:
            artist = self.chance.choice([*self.artists])
        self.artists[artist] += 1
        genre, found = self.chance.choice(_GENRES), []
        for number in range(1, self.chance.randint(6, 14)):
            guest = self.artist() if self.chance.random() < 0.08 else None
            length = max(40.0, self.chance.gauss(225, 60))
            identity = self.identity()
            found.append(
                Recording(identity, identity, artist, self.title(), album, number, year, length, None, guest, genre)
            )
        return found

    def variant(self, of: Recording, version: str) -> Recording:
        """Another recording, mix or master of a song, as it is usually named, and now and then not named."""
        year = min(2024, of.year + self.chance.randint(1, 30))
        title, album, length = getattr(self, f"_as_{version}")(of, year)
        unmarked = (title, album) == (of.title, of.album)
        made = self.another(of, title=title, album=album, year=year, version=version, unmarked=unmarked)
        if version == "remaster" and self.chance.random() < 0.5:
            made = replace(made, mbid=of.mbid)
        return replace(made, duration=max(40.0, length), guest=of.guest)

    def _as_live(self, of: Recording, year: int) -> tuple[str, str, float]:
        chance, marked, title = self.chance, self.chance.random(), of.title
        place = f"{self.word(3)} {chance.choice(('Hall', 'Arena', 'Festival'))}"
        if marked < 0.5:
            title = chance.choice((f"{title} (Live)", f"{title} - Live at {place}", f"{title} [Live {year}]"))
        album = chance.choice((f"Live at {place}", f"MTV Unplugged: {self.word(2)}"))
        if marked > 0.95:  # by its name nobody could tell
            album = f"{place} {year}"
        return title, album, of.duration * chance.uniform(0.9, 1.3)

    def _as_remaster(self, of: Recording, year: int) -> tuple[str, str, float]:
        chance, marked, title, album = self.chance, self.chance.random(), of.title, of.album
        if marked < 0.37:
            title = chance.choice(
                (f"{title} - {year} Remaster", f"{title} (Remastered {year})", f"{title} [Remastered]")
            )
        elif marked < 0.67:
            album = chance.choice((f"{album} (Remastered)", f"{album} [{year} Remaster]", f"{album} (Deluxe Remaster)"))
        return title, album, of.duration + chance.gauss(0, 2)

    def _as_remix(self, of: Recording, _: int) -> tuple[str, str, float]:
        by = self.artist()
        title = self.chance.choice((f"{of.title} ({by} Remix)", f"{of.title} - {by} Mix", f"{of.title} [Club Mix]"))
        album = self.chance.choice((of.album, f"{of.title} (Remixes)"))
        return title, album, of.duration * self.chance.uniform(0.8, 1.6)

    def _as_acoustic(self, of: Recording, _: int) -> tuple[str, str, float]:
        note = self.chance.choice((" (Acoustic)", " - Acoustic Version", " (Piano Version)"))
        return of.title + note, of.album, of.duration * self.chance.uniform(0.85, 1.15)

    def _as_demo(self, of: Recording, _: int) -> tuple[str, str, float]:
        note = self.chance.choice((" (Demo)", " - Early Demo", " (Alternate Take)"))
        return of.title + note, of.album, of.duration * self.chance.uniform(0.8, 1.1)

    def _as_edit(self, of: Recording, _: int) -> tuple[str, str, float]:
        note = self.chance.choice((" (Radio Edit)", " - Single Version", ""))
        return of.title + note, of.album, of.duration * self.chance.uniform(0.6, 0.95)

    def _as_instrumental(self, of: Recording, _: int) -> tuple[str, str, float]:
        note = self.chance.choice((" (Instrumental)", " (Inst.)", " - Karaoke Version"))
        return of.title + note, of.album, of.duration + self.chance.gauss(0, 0.5)

    def _as_again(self, of: Recording, _: int) -> tuple[str, str, float]:
        """Recorded anew, and called the same."""
        return of.title, self.title(), of.duration + self.chance.choice((-1, 1)) * self.chance.uniform(5, 40)

    # Files and songs

    def tags(self, of: Recording) -> dict[str, Any]:
        title, artist = of.title, of.artist
        if of.guest:
            title, artist = self.chance.choice(
                (
                    (f"{title} (feat. {of.guest})", artist),
                    (title, f"{artist} feat. {of.guest}"),
                    (title, f"{artist}; {of.guest}"),
                    (title, artist),
                )
            )
        return {"title": title, "artist": artist, "album": of.album, "year": of.year, "genre": of.genre}

    def path(self, of: Recording, tags: dict[str, Any], ending: str, layout: float) -> str:
        number, title, artist = of.number, tags["title"] or "Track", of.artist
        name = f"{number:02} - {title}"
        if layout < 0.25:
            name = f"{number:02} {title}"
        elif layout < 0.4:
            name = f"{artist} - {number:02} - {title}"
        elif layout < 0.5:
            name = f"{artist} - {title}"
        elif layout < 0.58:
            name = f"1-{number:02} {title}"
        folder = f"{of.year} - {of.album}" if layout % 0.1 < 0.03 else of.album
        clean = [part.replace("/", "_").replace(":", "_").replace("?", "_") for part in (artist, folder, name)]
        return f"{'/'.join(clean)}.{ending}"

    def track(self, of: Recording, **more: Any) -> int:
        """A file of the library."""
        tags, ending = self.tags(of), self.chance.choice(("flac", "flac", "mp3", "m4a", "ogg", "opus"))
        path = self.path(of, tags, ending, self.chance.random())
        while path in self.paths:  # as a folder has it
            path = f"{path.rpartition('.')[0]} (2).{ending}"
        self.paths.add(path)
        if self.chance.random() < 0.03:
            tags = dict.fromkeys(tags)
        id_ = len(self.made.tracks) + 1
        size = int(of.duration * self.chance.uniform(15_000, 120_000))
        self.made.tracks[id_] = {
            **tags,
            "path": f"/home/me/Music/{path}",
            "duration": of.duration + self.chance.uniform(0, 0.06),
            "size": size,
            "number": of.number if self.chance.random() < 0.9 else None,
            "recording": of.mbid if self.chance.random() < 0.4 else None,
            **more,
        }
        self.files.setdefault(of.id, []).append(id_)
        return id_

    def told(self, seconds: float) -> float:
        """A length as servers tell it."""
        return self.chance.choice((float(int(seconds)), float(round(seconds)), round(seconds, 2)))

    def song(self, of: Recording, kind: str, *, file: int | None = None, **more: Any) -> ServerSong:
        """A song of the server, as most tell of it: the same tags, below a root of its own."""
        chance = self.chance
        tags, ending = self.tags(of), chance.choice(("flac", "mp3", "m4a", "opus"))
        path, size, length = self.path(of, tags, ending, chance.random()), None, of.duration
        if file is not None:
            known = self.made.tracks[file]
            path, size, length = known["path"].removeprefix("/home/me/Music/"), known["size"], known["duration"]
            if known["title"] is not None:
                tags = {name: known[name] for name in tags}
            ending = path.rpartition(".")[2]
        values: dict[str, Any] = {
            **tags,
            "id": f"s{len(self.made.songs):05}-{chance.getrandbits(32):08x}",
            "album_artist": chance.choice((of.artist, None)),
            "number": of.number if chance.random() < 0.9 else None,
            "duration": self.told(length),
            "path": chance.choice(("", "music/", "/mnt/nas/audio/", "/data/")) + path,
            "suffix": ending,
            "size": size or int(length * chance.uniform(15_000, 120_000)),
            "recording": of.mbid if chance.random() < 0.3 else None,
        }
        if values["recording"] and chance.random() < 1 / 30:
            values["recording"] = self.identity()
        told = chance.random()
        if told < 0.2:  # none, or when it was first released
            values["year"] = None if told < 0.15 else of.year - chance.randint(1, 20)
        song = ServerSong(**(values | more))
        self.made.songs.append(song)
        self.made.kinds[song.id] = kind
        self.made.same[song.id] = frozenset(self.files.get(of.id, ()))
        return song

    def misspelt(self, text: str) -> str:
        """The same name by another hand."""
        kind = self.chance.randrange(6)
        if kind == 0:
            return text.lower()
        if kind == 1:
            return text.replace("'", "\u2019").replace(" & ", " and ").replace("Pt.", "Part")
        if kind == 2:
            return "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
        if kind == 3 and len(text) > 30:
            return text[:30].strip()
        if kind == 4 and len(text) > 8:
            at = self.chance.randrange(2, len(text) - 2)
            return text[:at] + text[at + 1 :]
        return unicodedata.normalize("NFD", text).upper()

    def identity(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def hashed(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"

    # What there is on both sides

    def one(self, of: Recording) -> None:
        """Put a song on the server, the library, or both, in one of the ways of life."""
        (kind,) = self.chance.choices(*zip(*_WAYS.items(), strict=True))
        getattr(self, f"_{re.sub('[ -]', '_', kind)}")(of, kind)

    def another(self, of: Recording, **values: Any) -> Recording:
        """Another recording that is called the same."""
        identity = self.identity()
        return replace(of, id=identity, mbid=identity, guest=None, **values)

    def length(self) -> float:
        return max(40.0, self.chance.gauss(225, 60))

    def _absent(self, of: Recording, kind: str) -> None:
        self.song(of, kind)

    def _only_here(self, of: Recording, kind: str) -> None:
        self.track(of)

    def _told(self, kind: str, version: Recording) -> str:
        return f"{kind}: {version.version}{' (unmarked)' if version.unmarked else ''}"

    def _another_version_there(self, of: Recording, kind: str) -> None:
        self.track(of)
        version = self.variant(of, self.chance.choice(VERSIONS))
        self.song(version, self._told(kind, version))

    def _another_version_here(self, of: Recording, kind: str) -> None:
        version = self.variant(of, self.chance.choice(VERSIONS))
        self.track(version)
        self.song(of, self._told(kind, version))

    def _both_versions(self, of: Recording, kind: str) -> None:
        version = self.variant(of, self.chance.choice(VERSIONS))
        for each in (of, version):
            file = self.track(each)
            self.song(each, self._told(kind, version), file=file if self.chance.random() < 0.5 else None)

    def _cover(self, of: Recording, kind: str) -> None:
        self.track(of)
        length = of.duration * self.chance.uniform(0.8, 1.2) if self.chance.random() < 0.8 else of.duration
        album = self.chance.choice((self.title(), f"A Tribute to {of.artist}"))
        self.song(self.another(of, artist=self.artist(), album=album, duration=length), kind)

    def _same_title(self, of: Recording, kind: str) -> None:
        self.track(of)
        self.song(self.another(of, duration=self.length(), album=self.title()), kind)

    def _various(self, of: Recording, kind: str) -> None:
        track = self.made.tracks[self.track(of)]
        track |= {"artist": "Various Artists", "title": f"{of.artist} - {of.title}", "album": "Mix 7"}
        self.song(of, kind)

    def _untitled(self, of: Recording, kind: str) -> None:
        names: dict[str, Any] = {
            "title": f"Track {of.number:02}",
            "artist": self.chance.choice((None, "Unknown Artist")),
        }
        path = f"/home/me/Music/Rips/{len(self.made.tracks)}/Track {of.number:02}.mp3"
        self.made.tracks[self.track(of)] |= {**names, "album": None, "path": path}
        other = self.another(of, duration=max(40.0, of.duration + self.chance.gauss(0, 20)))
        there = f"cd {self.chance.randint(1, 900)}/Track {of.number:02}.mp3"
        self.song(other, kind, path=there, album=None, album_artist=None, **names)

    def _copies_here(self, of: Recording, kind: str) -> None:
        file = self.track(of)
        length = self.made.tracks[file]["duration"] + self.chance.uniform(-0.05, 0.05)
        best = replace(of, album=f"The Best of {of.artist}", number=3)
        again = self.track(self.chance.choice((of, best)))
        self.made.tracks[again]["duration"] = length
        self.song(of, kind, file=self.chance.choice((file, again, None)))

    def _copies_there(self, of: Recording, kind: str) -> None:
        self.song(of, kind, file=self.track(of))
        self.song(of, kind)

    def _another_root(self, of: Recording, kind: str) -> None:
        self.song(of, kind, file=self.track(of))

    def _case_and_form(self, of: Recording, kind: str) -> None:
        song = self.song(of, kind, file=self.track(of))
        written = self.chance.choice((str.lower, str.upper, lambda text: unicodedata.normalize("NFD", text)))
        self.changed(song, path=written(song.path or ""))

    def _made_up_path(self, of: Recording, kind: str) -> None:
        song = self.song(of, kind, file=self.track(of))
        path = f"{of.artist}/{of.album}/{of.number:02} - {song.title or of.title}.{song.suffix}"
        self.changed(song, path=path.replace(":", "_"), title=song.title or of.title)

    def _transcoded(self, of: Recording, kind: str) -> None:
        song = self.song(of, kind, file=self.track(of))
        ending = self.chance.choice([each for each in ("mp3", "opus", "m4a", "flac") if each != song.suffix])
        path = f"{(song.path or '').rpartition('.')[0]}.{ending}"
        size, length = (
            int(of.duration * self.chance.uniform(12_000, 60_000)),
            of.duration + self.chance.uniform(0, 0.12),
        )
        self.changed(song, path=path, suffix=ending, size=size, duration=self.told(length))

    def _no_path(self, of: Recording, kind: str) -> None:
        self.track(of)
        made_up = f"{self.hashed()}/{self.hashed()}.mp3"
        self.song(
            of, kind, path=self.chance.choice((None, made_up, f"Unsorted/Track {self.chance.randint(1, 20)}.mp3"))
        )

    def _wrong_path(self, of: Recording, kind: str) -> None:
        self.track(of)
        other = self.made.tracks[self.chance.randint(1, len(self.made.tracks))]
        self.song(of, kind, path="/mnt/" + other["path"].removeprefix("/home/me/Music/"))

    def _compilation(self, of: Recording, kind: str) -> None:
        self.track(of)
        names = (f"The Best of {of.artist}", f"{of.genre} Hits {of.year + 5}", "Now 40", "Movie Songs")
        number, later = self.chance.randint(1, 40), self.chance.randint(0, 9)
        there = replace(of, album=self.chance.choice(names), number=number, year=of.year + later)
        self.song(there, kind, album_artist=self.chance.choice(("Various Artists", of.artist)))

    def _spelt_otherwise(self, of: Recording, kind: str) -> None:
        self.track(of)
        song = self.song(of, kind)
        names = {name: self.misspelt(getattr(song, name)) for name in ("title", "artist", "album")}
        self.changed(song, **dict(self.chance.sample(sorted(names.items()), self.chance.randint(1, 2))))

    def _other_script(self, of: Recording, kind: str) -> None:
        """Latin letters on one side alone."""
        chance = self.chance
        title, artist = chance.choice([*_OTHER_SCRIPTS]), chance.choice([*_OTHER_ARTISTS])
        extra, word = chance.choice(("", f" {chance.randint(2, 9)}")), self.word(2)
        album = chance.choice((of.album, f"{chance.choice([*_OTHER_SCRIPTS])} {word}"))
        own = replace(of, title=f"{title}{extra}", artist=chance.choice((artist, f"{artist} {word}")), album=album)
        latin: dict[str, Any] = {"title": own.title, "artist": own.artist, "album": own.album}
        for names, written in ((_OTHER_SCRIPTS, "title"), (_OTHER_ARTISTS, "artist"), (_OTHER_SCRIPTS, "album")):
            for name, sound in names.items():
                latin[written] = latin[written].replace(name, sound)
        if chance.random() < 0.25:
            latin["artist"] = own.artist
        romanised = replace(own, **latin)
        here, there = (own, romanised) if chance.random() < 0.5 else (romanised, own)
        file = self.track(here)
        song = self.song(there, kind, file=None)
        if chance.random() < 0.5:
            path = self.made.tracks[file]["path"].removeprefix("/home/me/Music/")
            self.changed(song, path=f"/data/{path}")

    def _poor_tags(self, of: Recording, kind: str) -> None:
        file = self.track(of)
        names = ("artist", "album_artist", "title", "album")
        lost = self.chance.choice((names[:2], names[2:3], names[3:], names))
        none: dict[str, Any] = dict.fromkeys(lost)
        path_of = None if lost == names[3:] else file
        self.song(of, kind, file=path_of, **none)

    def _no_length(self, of: Recording, kind: str) -> None:
        file = self.track(of)
        self.song(of, kind, duration=None, file=self.chance.choice((file, None)))

    def _trimmed(self, of: Recording, kind: str) -> None:
        self.track(of)
        song = self.song(of, kind)
        self.changed(song, duration=self.told(of.duration + self.chance.uniform(-1.5, 1.5)))

    def _retagged_there(self, of: Recording, kind: str) -> None:
        song = self.song(of, kind, file=self.track(of))
        title, size = self.misspelt(of.title), (song.size or 0) + 812
        self.changed(song, title=title, genre="Other", year=None, size=size)

    def _remixes(self, of: Recording, kind: str) -> None:
        for index in range(4):
            title = f"{of.title} ({self.artist()} {self.chance.choice(('Remix', 'Dub', 'Rework'))})"
            self._perhaps(of, kind, index, title, of.duration + self.chance.gauss(0, 40))

    def _interludes(self, of: Recording, kind: str) -> None:
        for index in range(4):
            self._perhaps(of, kind, index, "Interlude", self.chance.uniform(30, 60))

    def _movements(self, of: Recording, kind: str) -> None:
        for index, number in enumerate(("I", "II", "III", "IV")):
            tempo = self.chance.choice(("Allegro", "Andante", "Menuetto", "Presto", "Adagio"))
            title = f"Symphony No. {of.number} in D: {number}. {tempo}"
            self._perhaps(of, kind, index, title, of.duration + self.chance.gauss(0, 40))

    def _perhaps(self, of: Recording, kind: str, index: int, title: str, length: float) -> None:
        """Put one of several that little tells apart on either side, or both."""
        each = self.another(of, title=title, duration=max(30.0, length), number=of.number + index)
        file = self.track(each) if self.chance.random() < 0.75 else None
        if self.chance.random() < 0.75:
            self.song(each, kind, file=file if self.chance.random() < 0.3 else None)

    def changed(self, song: ServerSong, **values: Any) -> None:
        """The server tells otherwise of its last song."""
        assert self.made.songs[-1].id == song.id
        self.made.songs[-1] = dataclasses.replace(song, **values)


_WAYS = {
    "another root": 14,
    "case and form": 8,
    "made-up path": 11,
    "transcoded": 13,
    "no path": 7,
    "wrong path": 2,
    "compilation": 6,
    "spelt otherwise": 6,
    "poor tags": 3,
    "other script": 4,
    "no length": 2,
    "trimmed": 2,
    "retagged there": 2,
    "copies here": 3,
    "copies there": 2,
    "both versions": 4,
    "another version there": 9,
    "another version here": 4,
    "cover": 3,
    "same title": 3,
    "absent": 8,
    "remixes": 1,
    "interludes": 0.5,
    "movements": 1,
    "various": 1,
    "untitled": 1,
    "only here": 10,
}
"""How many songs of a hundred are there in each way."""


def make(songs: int, seed: int) -> MadeServer:
    """Make a library and a server with so many songs."""
    maker = Maker(seed)
    while len(maker.made.songs) < songs:
        for recording in maker.family():
            if len(maker.made.songs) < songs:
                maker.one(recording)
    for extra in maker.made.songs[songs:]:
        del maker.made.same[extra.id], maker.made.kinds[extra.id]
    del maker.made.songs[songs:]
    return maker.made


def records(made: MadeServer) -> Iterator[TrackRecord]:
    """The tracks as a library stores them, in the order of their numbers."""
    assert len({track["path"] for track in made.tracks.values()}) == len(made.tracks)
    for track in made.tracks.values():
        tags = {name: track[name] for name in ("title", "artist", "album", "year", "genre")}
        tags |= {"track_number": track["number"], "recording_mbid": track["recording"]}
        whole = record(track["path"], 0.5, 0.5, duration=track["duration"], **tags)
        yield dataclasses.replace(whole, file=dataclasses.replace(whole.file, size=track["size"]))


@dataclass
class Judged:
    """How well songs were found."""

    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)  # by the kind of song
    lost: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)  # of the lost, those that no list of unsure ones names
    there: int = 0  # songs that are tracks

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong.total())

    @property
    def recall(self) -> float:
        return self.right / max(1, self.there)


def judge(made: MadeServer, found: Mapping[str, int], unsure: Mapping[str, Collection[int]] = {}) -> Judged:
    """Compare tracks by song with what is known of them; ``unsure`` are the candidates of songs that may be some."""
    judged = Judged(there=sum(map(bool, made.same.values())))
    for song, same in made.same.items():
        track = found.get(song)
        judged.right += track in same
        if track is not None and track not in same:
            judged.wrong[made.kinds[song]] += 1
        elif track is None and same:
            judged.lost[made.kinds[song]] += 1
            judged.untold.update([made.kinds[song]] if same.isdisjoint(unsure.get(song, ())) else [])
    return judged


def by_artist_and_title(made: MadeServer) -> dict[str, int]:
    """The usual way: the same artist and title, however they are written."""
    known: dict[tuple[str, str], int] = {}
    for number, track in made.tracks.items():
        if track["artist"] and track["title"]:
            known.setdefault((folded(track["artist"]), folded(track["title"])), number)
    keys = {song.id: (folded(song.artist), folded(song.title)) for song in made.songs}
    return {song: known[key] for song, key in keys.items() if key in known}
