"""JSON at the borders: dataclasses are its shapes; msgspec converts and checks them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

import msgspec

from img2music.errors import InputError

Shape = TypeVar("Shape")


def to_dict(value: object) -> dict[str, Any]:
    """Builtin types in the shape of a dataclass, keys in the order of its fields."""
    found: dict[str, Any] = msgspec.to_builtins(value, enc_hook=_problem)
    return found


def _problem(value: object) -> "Problem":
    if isinstance(value, InputError):
        return Problem(value.path, value.reason)
    raise NotImplementedError(f"no JSON of {type(value)}")


class Result:
    """A dataclass that turns into JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Builtin types, in the shape that docs/json.md describes if it has one."""
        return to_dict(self)

    def to_json(self) -> str:
        """The same as JSON."""
        return dumps(self.to_dict())

    def __repr__(self) -> str:
        """Counts of what may be many."""
        told = []
        for field in fields(cast(Any, self)):
            value = getattr(self, field.name)
            many = isinstance(value, list | tuple | dict)
            told.append(f"{field.name}: {len(value)}" if many else f"{field.name}={value!r}"[:60])
        return f"<{type(self).__name__} {', '.join(told)}>"


def dumps(value: object, indent: int | None = 2) -> str:
    """JSON in ASCII: file names that are not UTF-8 survive as escapes (``os.fsencode`` gives them back)."""
    return json.dumps(value, indent=indent, allow_nan=False)


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
