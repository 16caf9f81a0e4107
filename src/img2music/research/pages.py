"""Tables as Markdown and HTML, and pages with plots in them: what all reports share."""

import base64
import html
import importlib.util
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from img2music.errors import InputError, MissingExtraError, printable
from img2music.files import FileKind, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Table = tuple[list[str], list[list[str]]]
"""Heads of columns, of which those that begin with ``>`` hold numbers, and rows of cells."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .6rem; text-align: left; white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums }
img { max-width: 100% }
.misses { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem }
figure { margin: 0 } figcaption { font-size: 12px; overflow-wrap: anywhere }
"""


def prepare(folder: Path) -> None:
    """Refuse early a folder that no report could be written into, and make it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("Drawing a report", "plot")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't be made a folder ({error.strerror}).", str(folder)) from error


def report_kinds(schema: str, title: str) -> dict[str, FileKind]:
    """Tell what the files of a report are known by: JSON with this schema, pages with this title."""
    name, head = "a report of this kind", re.escape(title.encode())
    return {
        "report.json": FileKind.json(name, schema),
        "report.md": FileKind(name, (".md",), b"# " + head),
        "report.html": FileKind(name, (".html",), b"<!DOCTYPE html>.*<title>" + head),
    }


def write_files(contents: Mapping[str, str], folder: Path, kinds: Mapping[str, FileKind]) -> tuple[Path, ...]:
    """Write files, each in one step."""
    for name, content in contents.items():
        write_atomically(content.encode(), folder / name, kinds[name])
    return tuple(folder / name for name in contents)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table as lines of Markdown."""
    heads = [column.removeprefix(">") for column in columns]
    rule = ["---:" if column.startswith(">") else "---" for column in columns]
    cells = [[markdown(cell) for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (heads, rule, *cells)]


def markdown(text: str) -> str:
    """Make text safe on a line of Markdown."""
    return printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def escaped(text: str) -> str:
    """Make text safe in HTML."""
    return html.escape(printable(text))


def head_of(title: str, subtitle: str, notes: Sequence[str]) -> list[str]:
    """Begin a page: title, what was judged, and what a reader must know."""
    return [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head><body>',
        f"<h1>{title}</h1><p>{escaped(subtitle)}.</p>",
        "<ul>" + "".join(f"<li>{escaped(note)}</li>" for note in notes) + "</ul>",
    ]


def html_table(table: Table) -> str:
    """Write a table as HTML."""
    columns, rows = table
    kinds = [' class="number"' if column.startswith(">") else "" for column in columns]

    def line(tag: str, cells: Sequence[str]) -> str:
        inner = "".join(f"<{tag}{kind}>{escaped(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
        return f"<tr>{inner}</tr>"

    head = line("th", [column.removeprefix(">") for column in columns])
    return f"<table>{head}{''.join(line('td', row) for row in rows)}</table>"


def html_image(content: bytes, kind: str, text: str) -> str:
    """Put a picture into a page, with a text for who can't see it."""
    return f'<img alt="{escaped(text)}" src="data:image/{kind};base64,{base64.b64encode(content).decode()}">'


def png(figure: "Figure") -> bytes:
    """Draw a figure."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
