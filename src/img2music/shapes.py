"""JSON at the borders: dataclasses are its shapes; msgspec converts, checks and describes them."""

import dataclasses
import json
import re
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from img2music.errors import InputError

Shape = TypeVar("Shape")
_SECTION = re.compile(r"\s*\n\s*\w+\n\s*---", re.MULTILINE)  # of numpydoc


def to_dict(value: object) -> dict[str, Any]:
    """Builtin types in the shape of a dataclass, keys in the order of its fields."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def to_json(value: object) -> str:
    """JSON of a dataclass."""
    return dumps(to_dict(value))


def dumps(value: object) -> str:
    """JSON, indented, in ASCII: file names that are not UTF-8 survive as escapes (``os.fsencode`` gives them back)."""
    return json.dumps(value, indent=2, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """An input that could not be used, in every report as JSON."""

    path: str | None
    error: str


def problems(errors: Iterable[InputError]) -> list[Problem]:
    """Inputs that could not be used, as every report as JSON lists them."""
    return [Problem(error.path, error.reason) for error in errors]


def from_dict(found: object, kind: type[Shape], path: str) -> Shape:
    """Make a dataclass of what JSON held in a file; an `InputError` tells where in it something is wrong."""
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        told = str(error).replace("`", '"')  # in backquotes stand settings
        raise InputError(f"is not in the expected shape: {told}.", path) from error


def schema(kind: type, title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a shape, with what the metadata of fields say of them (``doc``, ``least``, ``most``)."""
    found = msgspec.json.schema(kind)
    for part in _parts(kind):
        described = found["$defs"][part.__name__]
        described["description"] = _SECTION.split(described.get("description", ""))[0]
        for field in dataclasses.fields(part):
            property_, about = described["properties"][field.name], field.metadata
            property_ |= {"description": about["doc"].replace("``", "")} if "doc" in about else {}
            property_ |= {"minimum": about["least"]} if about.get("least") is not None else {}
            property_ |= {"maximum": about["most"]} if about.get("most") is not None else {}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | found


def _parts(kind: Any) -> set[Any]:
    """All dataclasses of a shape."""
    if not dataclasses.is_dataclass(kind):
        return set().union(*map(_parts, typing.get_args(kind)))
    return {kind}.union(*map(_parts, typing.get_type_hints(kind).values()))
