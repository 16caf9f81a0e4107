"""Writes mood, tempo and key into the tags of a sound file, and takes them out again.

What was written is told by one more field (`writable_tags.MARK`), with what it took the place of. So what a person or
another program has written is known from what is ours, stays, and comes back where it had to give way.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import msgspec

from img2music.connectors.writable_tags import WHOLE, Value, WritableTags, damage_told, load_tags
from img2music.errors import InputError


@dataclass(frozen=True, slots=True)
class Moods:
    """What is written into a file's tags."""

    valence: float  # on the unit scale; written with two decimals
    arousal: float  # the same
    mood: str  # a word for them
    tempo: float | None  # beats per minute; written with two decimals at most, or none where the field takes none
    key: str | None  # in the notation of ID3, three characters at most: "Am", "F#"

    def text(self, fact: str) -> str | None:
        """One of them as it is written; None if it is not known."""
        value = getattr(self, fact)
        if value is None or isinstance(value, str):
            return value
        return f"{value:.2f}" if fact != "tempo" else f"{value:.2f}".rstrip("0").rstrip(".")


FACTS = tuple(each.name for each in fields(Moods))


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """What becomes of a field."""

    fact: str  # what it holds: "valence", "arousal", "mood", "tempo" or "key"
    field: str  # its name in this kind of tags
    before: tuple[Value, ...]  # its values; none where there is no such field
    after: tuple[Value, ...]
    kept: bool = False  # whether it was left as it is, since somebody else has written it


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What becomes of a file's tags."""

    fields: tuple[FieldEdit, ...]  # fields that hold valence, arousal, mood, tempo or key before or after
    changed: bool  # whether the file has to be written


class _Mark(msgspec.Struct, omit_defaults=True):
    """What we wrote by field, what was there before, and whether we copied older tags beside it."""

    wrote: dict[str, Value] = {}
    replaced: dict[str, tuple[Value, ...]] = {}
    copied: bool = False

    @classmethod
    def read(cls, tags: WritableTags) -> "_Mark":
        """Read it from tags; one that makes no sense is nobody's, and so is a field in it that is none of ours."""
        text = next(iter(tags.read(tags.mark)), "{}")
        try:
            found = msgspec.convert(json.loads(str(text)), cls)
        except (ValueError, RecursionError, msgspec.ValidationError):
            return cls()
        ours = {name for names in tags.fields.values() for name in names}
        wrote, replaced = ({name: part[name] for name in ours & part.keys()} for part in (found.wrote, found.replaced))
        return cls(wrote, replaced, found.copied)  # type: ignore[arg-type]


class TagFile:
    """The tags of a sound file, in memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._tags = load_tags(path)
        with damage_told(path, "its tags can't be read"):
            self._mark = _Mark.read(self._tags)

    def write(self, moods: Moods, *, overwrite: bool = False) -> TagEdit:
        """Put in what a song is like; `save` writes it.

        A fact that somebody else has written in any of its fields is left alone in all of them.
        """
        after = _Mark(copied=self._mark.copied or self._tags.copied)
        edits: list[FieldEdit] = []
        for fact in FACTS:
            edits += self._write(fact, moods.text(fact), after, overwrite=overwrite)
        changed = any(edit.before != edit.after for edit in edits)
        if changed:
            mark = json.dumps(msgspec.to_builtins(after), sort_keys=True)
            self._tags.write(self._tags.mark, (mark,) if after.wrote else ())
        return TagEdit(tuple(edits), changed)

    def _write(self, fact: str, text: str | None, after: _Mark, *, overwrite: bool) -> Iterator[FieldEdit]:
        names = self._tags.fields[fact]
        now = {name: self._tags.read(name) for name in names}
        foreign = {name for name in names if _says_something(fact, now[name]) and not self._ours(name, now[name])}
        kept = bool(foreign) and not (overwrite and text is not None)
        for name, before in now.items():
            if not before and (kept or text is None or name in self._tags.others):
                continue
            ours = self._ours(name, before)
            replaced = self._mark.replaced.get(name, ()) if ours else before
            values = before if kept else replaced if text is None else (_value(name, text),)
            if ours if kept else text is not None:
                after.wrote[name] = values[0]
                if replaced:
                    after.replaced[name] = replaced
            self._tags.write(name, values)
            yield FieldEdit(fact, name, before, values, kept=kept and not ours)

    def remove(self) -> TagEdit:
        """Take out what we wrote, and bring back what it had taken the place of; `save` writes it.

        What has been changed since, by a person or another program, stays.
        """
        edits = []
        for fact, names in self._tags.fields.items():
            for name in names:
                before = self._tags.read(name)
                if name not in self._mark.wrote or not before:
                    continue
                ours = self._ours(name, before)
                after = self._mark.replaced.get(name, ()) if ours else before
                self._tags.write(name, after)
                edits.append(FieldEdit(fact, name, before, after, kept=not ours))
        marked = bool(self._mark.wrote)
        if marked:
            self._tags.write(self._tags.mark, ())
        if self._mark.copied:
            self._tags.drop_copy()
        return TagEdit(tuple(edits), changed=marked)

    def save(self, path: str) -> None:
        """Write the tags, and read them back."""
        expected = self._tags.contents()
        with damage_told(self._path, "tags can't be written into it"):
            self._tags.save(path)
            found = load_tags(path).contents()
        if found != expected:
            raise InputError("tags that are written into it can't be read again; it is left as it was.", self._path)

    def _ours(self, name: str, values: tuple[Value, ...]) -> bool:
        return name in self._mark.wrote and values == (self._mark.wrote[name],)


def has_facts(path: str, facts: Iterable[str]) -> bool:
    """Whether a file's tags hold all of these, whoever wrote them."""
    try:
        tags = load_tags(path)
    except InputError:
        return False
    return all(any(_says_something(fact, tags.read(name)) for name in tags.fields[fact]) for fact in facts)


def _value(name: str, text: str) -> Value:
    if name not in WHOLE:
        return text
    whole = round(float(text))
    return whole if name == "tmpo" else str(whole)


def _says_something(fact: str, values: tuple[Value, ...]) -> bool:
    """Whether values are more than none: some programs write a tempo of 0."""
    texts = [str(value).strip() for value in values]
    if fact == "tempo":
        texts = [text.strip("0.") for text in texts]
    return any(texts)
