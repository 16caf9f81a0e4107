"""Writes mood, tempo and key into the tags of a sound file, and takes them out again.

What was written is told by one more field (`tag_fields.MARK`), with what it took the place of. So what a person or
another program has written is known from what is ours, stays, and comes back where it had to give way.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from img2music.connectors.tag_fields import WHOLE
from img2music.connectors.tag_forms import TagForm, Value, load_tags
from img2music.errors import InputError, reason_of


@dataclass(frozen=True, slots=True)
class Moods:
    """What is written into a file's tags."""

    valence: float  # on the unit scale; written with two decimals
    arousal: float  # on the unit scale; written with two decimals
    mood: str  # A word for them
    # Beats per minute, above 0; written with two decimals at most, or as a whole number where the field asks for one
    tempo: float | None
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
    after: tuple[Value, ...]  # its values; none where there is no such field
    kept: bool = False  # whether it was left as it is, since somebody else has written it


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What becomes of a file's tags."""

    fields: tuple[FieldEdit, ...]  # fields that hold valence, arousal, mood, tempo or key before or after
    changed: bool  # whether the file has to be written


@dataclass
class _Mark:
    """What we wrote by field, what was there before, and whether we copied older tags beside it."""

    wrote: dict[str, Value] = field(default_factory=dict)
    replaced: dict[str, list[Value]] = field(default_factory=dict)
    copied: bool = False

    @classmethod
    def read(cls, form: TagForm) -> "_Mark":
        """Read it from tags; what makes no sense in it, or names a field that is none of ours, is left out."""
        texts = form.read(form.mark)
        try:
            stored = json.loads(str(texts[0])) if texts else {}
        except (ValueError, RecursionError):
            stored = {}
        wrote, replaced = (
            part if isinstance(part, dict) else {}
            for part in (stored.get(name) if isinstance(stored, dict) else None for name in ("wrote", "replaced"))
        )
        names = {name for names in form.fields.values() for name in names.all}
        copied = isinstance(stored, dict) and stored.get("copied") is True
        return cls(
            {name: value for name, value in wrote.items() if name in names and _is_value(value)},
            {
                name: values
                for name, values in replaced.items()
                if name in names and isinstance(values, list) and all(map(_is_value, values))
            },
            copied,
        )

    def __str__(self) -> str:
        stored: dict[str, Any] = {"wrote": self.wrote}
        if self.replaced:
            stored["replaced"] = self.replaced
        if self.copied:
            stored["copied"] = True
        return json.dumps(stored, sort_keys=True)


class TagFile:
    """The tags of a sound file, in memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._form = load_tags(path)
        try:
            self._mark = _Mark.read(self._form)
        except Exception as error:  # noqa: BLE001 - mutagen raises anything on damaged values
            raise InputError(f"its tags can't be read ({reason_of(error)}); it is left as it was.", path) from None

    def write(self, moods: Moods, *, overwrite: bool = False) -> TagEdit:
        """Put in what a song is like; `save` writes it.

        A fact that somebody else has written in any of its fields is left alone in all of them.
        """
        after = _Mark(copied=self._mark.copied or self._form.copied)
        edits: list[FieldEdit] = []
        for fact in FACTS:
            edits += self._write(fact, moods.text(fact), after, overwrite=overwrite)
        changed = any(edit.before != edit.after for edit in edits)
        if changed:
            self._form.write(self._form.mark, [str(after)] if after.wrote else [])
        return TagEdit(tuple(edits), changed)

    def _write(self, fact: str, text: str | None, after: _Mark, *, overwrite: bool) -> Iterator[FieldEdit]:
        names = self._form.fields[fact]
        now = {name: self._form.read(name) for name in names.all}
        foreign = {name for name in names.all if _says_something(fact, now[name]) and not self._ours(name, now[name])}
        kept = bool(foreign) and not (overwrite and text is not None)
        for name in names.all:
            before = now[name]
            if not before and (kept or text is None or name in names.others):
                continue
            ours = self._ours(name, before)
            replaced = self._mark.replaced.get(name, []) if ours else list(before)
            values: list[Value]
            if kept or (text is None and not ours):
                values = list(before)
            elif text is None:
                values = replaced
            else:
                values = [_value(name, text)]
            if text is not None and not kept:
                after.wrote[name] = values[0]
            elif kept and ours:
                after.wrote[name] = self._mark.wrote[name]
            if name in after.wrote and replaced:
                after.replaced[name] = replaced
            self._put(name, values, before)
            yield FieldEdit(fact, name, before, tuple(values), kept=kept and not ours)

    def remove(self) -> TagEdit:
        """Take out what we wrote, and bring back what it had taken the place of; `save` writes it.

        What has been changed since, by a person or another program, stays.
        """
        edits = []
        for fact, names in self._form.fields.items():
            for name in names.all:
                before = self._form.read(name)
                if name not in self._mark.wrote or not before:
                    continue
                ours = self._ours(name, before)
                after = tuple(self._mark.replaced.get(name, ())) if ours else before
                self._put(name, after, before)
                edits.append(FieldEdit(fact, name, before, after, kept=not ours))
        marked = bool(self._mark.wrote)
        if marked:
            self._form.write(self._form.mark, [])
        if self._mark.copied:
            self._form.drop_copy()
        return TagEdit(tuple(edits), changed=marked)

    def save(self, path: str) -> None:
        """Write the tags, and read them back."""
        expected = self._form.contents()
        try:
            self._form.save(path)
            found = load_tags(path).contents()
        except Exception as error:  # noqa: BLE001 - as above
            message = f"tags can't be written into it ({reason_of(error)}); it is left as it was."
            raise InputError(message, self._path) from None
        if found != expected:
            raise InputError("tags that are written into it can't be read again; it is left as it was.", self._path)

    def _ours(self, name: str, values: tuple[Value, ...]) -> bool:
        return name in self._mark.wrote and values == (self._mark.wrote[name],)

    def _put(self, name: str, values: "list[Value] | tuple[Value, ...]", before: tuple[Value, ...]) -> None:
        if tuple(values) != before:
            self._form.write(name, values)


def _value(name: str, text: str) -> Value:
    if name not in WHOLE:
        return text
    whole = round(float(text))
    return whole if name == "tmpo" else str(whole)


def _is_value(value: object) -> bool:
    return isinstance(value, str | int)


def _says_something(fact: str, values: tuple[Value, ...]) -> bool:
    """Whether values are more than none: some programs write a tempo of 0."""
    texts = [str(value).strip() for value in values]
    if fact == "tempo":
        texts = [text.strip("0.") for text in texts]
    return any(texts)
