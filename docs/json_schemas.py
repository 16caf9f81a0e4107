"""Write docs/schemas from the dataclasses that are shapes of JSON: ``python docs/json_schemas.py [FOLDER]``."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import json
import pkgutil
import re
import sys
import textwrap
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import img2music
from img2music.errors import InputError
from img2music.shapes import Problem

_SECTION = re.compile(r"\s*\n\s*\w+\n\s*---", re.MULTILINE)  # of numpydoc


def found() -> Iterator[tuple[str, type]]:
    """Each shape of the package with its name: a dataclass whose field ``schema`` is one literal."""
    for module in pkgutil.walk_packages(img2music.__path__, "img2music."):
        if module.name.endswith("__main__") or ".migrations" in module.name:
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                hints = typing.get_type_hints(kind) if "schema" in kind.__dataclass_fields__ else {}
                for name in typing.get_args(hints.get("schema")):
                    yield name, kind


def write(folder: Path) -> None:
    """Write a schema for each shape."""
    for name, kind in found():
        text = json.dumps(schema(kind, name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name.split('/')[1]}.json").write_text(text, encoding="utf-8")


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


def _problem_schema(kind: type) -> dict[str, Any]:
    if kind is InputError:
        found: dict[str, Any] = msgspec.json.schema(Problem)["$defs"]["Problem"]
        return found
    raise NotImplementedError(f"no JSON of {kind}")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("schemas"))
