"""Write what docs say of a track's fields from their declaration: ``python docs/library_reference.py [FOLDER]``."""

import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from img2music.affect import Affect
from img2music.analysis import UNIT, Features
from img2music.library import exchange, listing
from img2music.shapes import schema
from img2music.track import Tags, Track

HERE = Path(__file__).parent
START, END = "<!-- fields of a track: written by make docs -->\n", "<!-- end of the fields -->\n"


def described(kind: type, title: str) -> dict[str, Any]:
    """JSON Schema of a shape, with what the declarations say of fields."""
    found = schema(kind, title)
    for of in (Track, Features, Affect):
        for field in dataclasses.fields(of):
            about = UNIT if of is Affect else field.metadata
            property_ = found["$defs"][of.__name__]["properties"][field.name] if of.__name__ in found["$defs"] else {}
            if "doc" in about:
                property_["description"] = about["doc"].replace("``", "")
            if about.get("least") is not None:
                property_ |= {"minimum": about["least"], "maximum": about["most"]}
    for shape in found["$defs"].values():
        shape["description"] = shape.get("description", "").partition("\n")[0]
    if "schema" in found["$defs"][kind.__name__]["properties"]:
        found["$defs"][kind.__name__]["properties"]["schema"] = {"const": title}
    return found


def rows() -> Iterator[str]:
    """Rows of the table of fields."""
    yield "| field | what it is | tags that it is read from | filter |"
    yield "|---|---|---|---|"
    own = {field.name for field in dataclasses.fields(Tags)}
    for field in sorted(dataclasses.fields(Track), key=lambda each: each.name in own):
        names = field.metadata["tags"]
        tagged = ", ".join(f"`{name}`" for name in names.all) if names is not None else ""
        option = f"`--{field.name.replace('_', '-')}`" if field.metadata["filtered"] else ""
        doc = field.metadata["doc"].replace("``", "`") + ("" if field.metadata["listed"] else " Not in CSV.")
        yield f"| `{field.name}` | {doc} | {tagged} | {option} |"


def write(folder: Path) -> None:
    """Write the schemas and the page into a folder."""
    for name, kind, title in (
        ("tracks", listing.TrackList, listing.SCHEMA),
        ("library", exchange.Line, exchange.SCHEMA),
    ):
        file = folder / "schemas" / f"{name}.json"
        file.write_text(json.dumps(described(kind, title), indent=2) + "\n", encoding="utf-8")
    page = (HERE / "library.md").read_text(encoding="utf-8")
    table = START + "\n" + "".join(f"{row}\n" for row in rows()) + "\n" + END
    page = re.sub(re.escape(START) + ".*" + re.escape(END), lambda _: table, page, flags=re.DOTALL)
    (folder / "library.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
