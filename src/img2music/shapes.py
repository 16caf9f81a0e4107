"""JSON at the borders: dataclasses are its shapes; msgspec converts, checks and describes them."""

import json
from typing import Any, TypeVar

import msgspec

from img2music.errors import InputError

Shape = TypeVar("Shape")


def to_dict(value: object) -> dict[str, Any]:
    """Builtin types in the shape of a dataclass, keys in the order of its fields."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def to_json(value: object) -> str:
    """JSON of a dataclass, indented, with a line feed at its end; lone surrogates of file names are escaped."""
    return json.dumps(to_dict(value), indent=2) + "\n"


def from_dict(found: object, kind: type[Shape], path: str) -> Shape:
    """Make a dataclass of what JSON held in a file; an `InputError` tells where in it something is wrong."""
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"is not in the expected shape: {error}.", path) from error


def schema(kind: type, title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a shape."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | msgspec.json.schema(kind)
