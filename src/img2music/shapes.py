"""JSON at the borders: dataclasses are its shapes; msgspec converts, checks and describes them."""

import ast
import dataclasses
import inspect
import itertools
import json
import re
import textwrap
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
    found: dict[str, Any] = msgspec.to_builtins(value, enc_hook=_problem)
    return found


def _problem(value: object) -> "Problem":
    if isinstance(value, InputError):
        return Problem(value.path, value.reason)
    raise NotImplementedError(f"no JSON of {type(value)}")


def _problem_schema(kind: type) -> dict[str, Any]:
    if kind is InputError:
        found: dict[str, Any] = msgspec.json.schema(Problem)["$defs"]["Problem"]
        return found
    raise NotImplementedError(f"no JSON of {kind}")


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
        for field in dataclasses.fields(typing.cast(Any, self)):
            value = getattr(self, field.name)
            many = isinstance(value, list | tuple | dict)
            told.append(f"{field.name}: {len(value)}" if many else f"{field.name}={value!r}"[:60])
        return f"<{type(self).__name__} {', '.join(told)}>"


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
    """JSON Schema (2020-12) of a shape, with what is said below its fields."""
    found = msgspec.json.schema(kind, schema_hook=_problem_schema)
    for part in _parts(kind):
        described = found["$defs"][part.__name__]
        described["description"] = _SECTION.split(described.get("description", ""))[0]
        said = _docstrings(part)
        for field in dataclasses.fields(part):
            property_, about = described["properties"][field.name], field.metadata
            doc = " ".join(said.get(field.name, "").split())
            property_ |= {"description": doc.replace("``", "")} if doc else {}
            property_ |= {"minimum": about["least"]} if about.get("least") is not None else {}
            property_ |= {"maximum": about["most"]} if about.get("most") is not None else {}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | found


def _docstrings(kind: type) -> dict[str, str]:
    """What fields say below themselves, also inherited ones."""
    parts = [base for base in reversed(kind.__mro__) if dataclasses.is_dataclass(base)]
    lines = [ast.parse(textwrap.dedent(inspect.getsource(part))).body[0] for part in parts]
    pairs = itertools.chain.from_iterable(itertools.pairwise(typing.cast(ast.ClassDef, part).body) for part in lines)
    return {
        ast.unparse(line.target): ast.literal_eval(below.value)
        for line, below in pairs
        if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr)
    }


def _parts(kind: Any) -> set[Any]:
    """All dataclasses of a shape."""
    if not dataclasses.is_dataclass(kind):
        return set().union(*map(_parts, typing.get_args(kind)))
    return {kind}.union(*map(_parts, typing.get_type_hints(kind).values()))
