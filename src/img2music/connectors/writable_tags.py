"""The kinds of tags that sound files have, all to be read and changed in the same way.

Fields are those in which players and DJ software look for mood, tempo and key, after MusicBrainz Picard's tag mapping
and Mixxx's readers (docs/tagging.md). mediafile 0.17 does not do: it makes ID3v2.4 of 2.3, or joins its values, writes
ID3v1 anew, and takes no TTA and no APEv2 in MP3; here, what is not touched is written back as it was.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, Self

from img2music.connectors.tags import apev2_of, has_id3v2, may_end_with_tags
from img2music.errors import InputError, reason_of

Value = str | int
MARK = "IMG2MUSIC"
"""Name of the field in which it is kept what was written, and what it took the place of."""
APPLE = "----:com.apple.iTunes:"
"""How names of MP4 fields begin that Apple has not defined."""
WHOLE = frozenset({"TBPM", "tmpo"})
"""Fields that hold whole numbers only: https://id3.org/id3v2.4.0-frames, section 4.2.3; MP4's is an integer."""
ID3V1_LENGTH = 128  # bytes at the end of a file, from "TAG" on


def _with_own(prefix: str, **facts: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The fields of all facts, of which valence and arousal are in nobody's but ours."""
    return {fact: (f"{prefix}{MARK}_{fact.upper()}",) for fact in ("valence", "arousal")} | facts


class WritableTags:
    """Tags of a file, in memory; names of fields are in any case, values text, or whole numbers in MP4 and ASF."""

    fields: Mapping[str, tuple[str, ...]]  # where valence, arousal, mood, tempo and key are
    # Fields that other programs may have written. What is there counts as much; nothing is written where nothing is.
    others: frozenset[str] = frozenset()
    mark = MARK
    copied = False  # whether they are a copy of older tags

    def __init__(self, file: Any) -> None:
        self._file = file
        self._tags = file.tags

    def read(self, name: str) -> tuple[Value, ...]:
        """The values of a field; none if it is not there."""
        found = self._spelled(name)
        return () if found is None else self._values(found)

    def write(self, name: str, values: tuple[Value, ...]) -> None:
        """Give a field other values, if they are; without any, it is removed."""
        if values == self.read(name):
            return
        found = self._spelled(name)
        if found is not None:
            del self._tags[found]
        if values:
            self._add(found or name, values)

    def save(self, path: str) -> None:
        """Write the tags into a file that holds the same as the one that they were read from."""
        self._file.save(path)

    def drop_copy(self) -> None:
        """Do away with what was `copied` from older tags, if nothing else is left."""

    def contents(self) -> dict[str, Any]:
        """All that the tags hold by name, ours and everybody's, to be compared."""
        return {name: self._whole(name) for name in self._names()}

    def _whole(self, name: str) -> Any:
        return self._tags[name]

    def _spelled(self, name: str) -> str | None:
        """The name as it is written in these tags."""
        return next((key for key in self._names() if key.casefold() == name.casefold()), None)

    def _names(self) -> Iterable[str]:
        return list(self._tags.keys())

    def _values(self, name: str) -> tuple[Value, ...]:
        return tuple(self._tags[name])

    def _add(self, name: str, values: tuple[Value, ...]) -> None:
        self._tags[name] = [str(value) for value in values]


class _Id3(WritableTags):
    """ID3v2 of MP3, WAV, AIFF, DSF, DFF and TTA; its version stays, but 2.2, which nobody writes, becomes 2.3."""

    mark = f"TXXX:{MARK}"
    fields = _with_own(
        "TXXX:",
        mood=("TMOO", "TXXX:MOOD"),
        tempo=("TBPM", "TXXX:BPM"),
        key=("TKEY", "TXXX:INITIALKEY", "TXXX:KEY"),
    )
    others = frozenset({"TXXX:MOOD", "TXXX:BPM", "TXXX:INITIALKEY", "TXXX:KEY"})

    def __init__(self, file: Any, older: Any = None) -> None:
        super().__init__(file)
        self._older = older
        self._dropped = False
        self._version = 3 if file.tags.version[:2] in {(2, 2), (2, 3)} else 4
        if self._version == 3:  # has no TMOO of its own
            self.others = self.others - {"TXXX:MOOD"} | {"TMOO"}

    @classmethod
    def load(cls, kind: Any, path: str) -> Self:
        """Read the tags of a file.

        As they are, that is: mutagen would turn older frames into those of 2.4, and add what only ID3v1 has.
        """
        file = kind(path, translate=False, load_v1=False)
        if file.tags is not None and file.tags.version[:2] == (2, 2):
            file = kind(path, v2_version=3, load_v1=False)
        older = _of_id3v1(path) if may_end_with_tags(file) else None
        if file.tags is not None:
            return cls(file, older)
        file.add_tags()
        tags = cls(file, older)
        if older is not None:  # where there is a newer tag, nobody reads the old one
            tags.copied = True
            for frame in older.values():
                tags._tags.add(frame)
        return tags

    def save(self, path: str) -> None:
        _pad(path)
        with _without_end(path) if may_end_with_tags(self._file) else contextlib.nullcontext():
            if len(self._tags) and not self._dropped:
                self._tags.save(path, v2_version=self._version, v23_sep=None)
            else:
                self._file.delete(path)
                _state_length(path)

    def drop_copy(self) -> None:
        self._dropped = self._older is not None and _frames(self._older) == _frames(self._tags)

    def contents(self) -> dict[str, Any]:
        return {**_frames(self._tags), "": sorted(self._tags.unknown_frames)}

    def _values(self, name: str) -> tuple[Value, ...]:
        return tuple(str(text) for text in getattr(self._tags[name], "text", ()))

    def _add(self, name: str, values: tuple[Value, ...]) -> None:
        from mutagen.id3 import TXXX, Encoding, Frames

        texts = [str(value) for value in values]
        frame, _, description = name.partition(":")
        ascii_only = all(text.isascii() for text in (*texts, description))
        encoding = Encoding.LATIN1 if ascii_only else Encoding.UTF8  # which 2.3 does not know: mutagen makes it UTF-16
        if frame == "TXXX":
            self._tags.add(TXXX(encoding=encoding, desc=description, text=texts))
        else:
            self._tags.add(Frames[frame](encoding=encoding, text=texts))


class _Vorbis(WritableTags):
    """Vorbis comments, of FLAC and of all that is in Ogg."""

    fields = _with_own("", mood=("MOOD",), tempo=("BPM", "TEMPO"), key=("INITIALKEY", "KEY"))
    others = frozenset({"TEMPO"})

    def _names(self) -> Iterable[str]:
        return [key for key, _ in self._tags]

    def contents(self) -> dict[str, Any]:
        pictures = [picture.write() for picture in getattr(self._file, "pictures", ())]  # FLAC's are not in the comment
        return {**super().contents(), "": pictures}


class _Ape(WritableTags):
    """APEv2, of WavPack, Monkey's Audio, Musepack, OptimFROG and TAK, and of MP3 that has its words in it."""

    fields = _with_own("", mood=("Mood",), tempo=("BPM",), key=("INITIALKEY", "KEY"))

    def save(self, path: str) -> None:
        with _without_end(path):
            if len(self._tags):
                self._tags.save(path)
            else:
                self._tags.delete(path)

    def _whole(self, name: str) -> Any:
        value = self._tags[name]
        return value.kind, value.value

    def _values(self, name: str) -> tuple[Value, ...]:
        from mutagen.apev2 import TEXT

        value = self._tags[name]
        return tuple(value) if value.kind == TEXT else (str(value),)


class _Mp4(WritableTags):
    """Atoms of MP4 and M4A."""

    mark = f"{APPLE}{MARK}"
    fields = _with_own(
        APPLE,
        mood=(f"{APPLE}MOOD",),
        tempo=("tmpo", f"{APPLE}BPM"),
        key=(f"{APPLE}initialkey", f"{APPLE}KEY"),
    )
    others = frozenset({f"{APPLE}BPM", f"{APPLE}KEY"})

    def _values(self, name: str) -> tuple[Value, ...]:
        return tuple(
            bytes(value).decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
            for value in self._tags[name]
        )

    def _add(self, name: str, values: tuple[Value, ...]) -> None:
        if name.startswith("----:"):
            self._tags[name] = [str(value).encode("utf-8", "surrogateescape") for value in values]
        else:
            self._tags[name] = [int(value) for value in values]


class _Asf(WritableTags):
    """Attributes of Windows Media."""

    fields = _with_own("", mood=("WM/Mood",), tempo=("WM/BeatsPerMinute",), key=("WM/InitialKey",))

    def _whole(self, name: str) -> Any:
        return [(attribute.TYPE, attribute.value) for attribute in self._tags[name]]

    def _values(self, name: str) -> tuple[Value, ...]:
        values = (attribute.value for attribute in self._tags[name])
        return tuple(value if isinstance(value, str | int) else str(value) for value in values)

    def _add(self, name: str, values: tuple[Value, ...]) -> None:
        self._tags[name] = list(values)


@contextlib.contextmanager
def damage_told(path: str, what: str) -> Iterator[None]:
    """Tell in one line what fails: mutagen raises struct, unicode and other errors on damaged files."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as said
        reason = reason_of(error, "the file is damaged, or of a kind that takes no tags")
        raise InputError(f"{what} ({reason}); it is left as it was.", path) from None


def load_tags(path: str) -> WritableTags:
    """Read the tags of a sound file, to change them."""
    with damage_told(path, "its tags can't be read"):
        tags = _loaded(_opened(path), path)
    if tags is None:
        raise InputError("tags can't be written into this kind of file.", path)
    return tags


def _opened(path: str) -> Any:
    import mutagen

    try:
        return mutagen.File(path)
    except mutagen.MutagenError:  # the name's ending may lie: without a name, bytes decide
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb") as stream:
            file = mutagen.File(stream)
        if file is None:
            raise
        return file


def _loaded(file: Any, path: str) -> WritableTags | None:
    from mutagen._vorbis import VComment
    from mutagen.aac import AAC
    from mutagen.ac3 import AC3
    from mutagen.apev2 import APEv2, APEv2File
    from mutagen.asf import ASFTags
    from mutagen.id3 import ID3
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4Tags
    from mutagen.smf import SMF

    if file is None or isinstance(file, AAC | AC3 | SMF):  # have none, and take none
        return None
    words = apev2_of(file, path) if isinstance(file, MP3) and not has_id3v2(file) else None
    if words is not None and ("title" in words or "artist" in words):  # ID3 beside them would hide them from players
        return _Ape(APEv2File(path))
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, ID3):
        return _Id3.load(type(file), path)
    kinds: dict[type, Callable[[Any], WritableTags]] = {VComment: _Vorbis, APEv2: _Ape, MP4Tags: _Mp4, ASFTags: _Asf}
    return next((kind(file) for tags, kind in kinds.items() if isinstance(file.tags, tags)), None)


def _frames(tags: Any) -> dict[str, Any]:
    """ID3 frames by name, apart from how their text is encoded."""
    return {
        name: {spec.name: getattr(frame, spec.name) for spec in frame._framespec if spec.name != "encoding"}
        for name, frame in tags.items()
    }


def _of_id3v1(path: str) -> Any:
    """Frames that say what the ID3v1 tag at the end of a file says; None without one."""
    from mutagen.id3 import ID3Tags, ParseID3v1

    with open(path, "rb") as stream:  # noqa: PTH123 - names may be any bytes
        stream.seek(-min(ID3V1_LENGTH, stream.seek(0, os.SEEK_END)), os.SEEK_END)
        frames = ParseID3v1(stream.read())
    if not frames:
        return None
    tags = ID3Tags()
    for frame in frames.values():
        tags.add(frame)
    tags.update_to_v24()
    return tags


@contextlib.contextmanager
def _without_end(path: str) -> Iterator[None]:
    """Take ID3v1, and Lyrics3 before it, off a file and put them back: mutagen cuts them off, or changes them.

    Lyrics3v2: https://id3.org/Lyrics3v2.
    """
    with open(path, "r+b") as stream:  # noqa: PTH123 - as above
        start = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, start - ID3V1_LENGTH))
        end = stream.read()
        if end.startswith(b"TAG") and len(end) == ID3V1_LENGTH:
            start -= ID3V1_LENGTH
            stream.seek(max(0, start - 15))
            size, name = stream.read(6), stream.read(9)
            if name == b"LYRICS200" and size.isdigit() and start >= int(size) + 15:
                start -= int(size) + 15
        stream.seek(start)
        end = stream.read()
        stream.truncate(start)
    try:
        yield
    finally:
        with open(path, "ab") as stream:  # noqa: PTH123 - as above
            stream.write(end)


def _pad(path: str) -> None:
    """Give WAV, AIFF or DFF the pad byte that should end it: chunks have even lengths, and mutagen counts on it."""
    with open(path, "r+b") as stream:  # noqa: PTH123 - as above
        name = stream.read(4)
        width = 8 if name == b"FRM8" else 4
        order: Literal["little", "big"] = "little" if name == b"RIFF" else "big"
        size = int.from_bytes(stream.read(width), order)
        content = stream.seek(0, os.SEEK_END) - 4 - width
        if name in {b"RIFF", b"FORM", b"FRM8"} and content % 2 and size in {content, content + 1}:
            stream.write(b"\0")
            stream.seek(4)
            stream.write((content + 1).to_bytes(width, order))


def _state_length(path: str) -> None:
    """Correct the length of the file in DSF's header, which mutagen leaves as it was when tags are taken out."""
    with open(path, "r+b") as stream:  # noqa: PTH123 - as above
        if stream.read(4) == b"DSD ":
            length = stream.seek(0, os.SEEK_END)
            stream.seek(12)
            stream.write(length.to_bytes(8, "little"))
