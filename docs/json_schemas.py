"""Write docs/schemas from the dataclasses that are shapes of JSON: ``python docs/json_schemas.py [FOLDER]``."""

import dataclasses
import importlib
import json
import pkgutil
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import img2music
from img2music import shapes


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
        text = json.dumps(shapes.schema(kind, name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name.split('/')[1]}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("schemas"))
