"""Reports: sections of tables, plots and pictures, as JSON, Markdown, one HTML page, and tables for a terminal.

A section is a `Table`, a `Plot` (drawn when the page is written) or a `Gallery`. All text is plain: what Markdown and
HTML would take for markup is escaped here. Fields of an `Accuracy` are asked for by names such as ``"r"`` and
``"r 95 %"``.
"""

import base64
import html
import importlib.util
import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, printable
from img2music.files import FileKind, make_folder, write_atomically
from img2music.research.accuracy import Accuracy
from img2music.shapes import to_dict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

AXES = ("valence", "arousal")
COLOURS = dict(zip(AXES, ("#0072B2", "#D55E00"), strict=True))
"""Of Okabe & Ito (2008), told apart with any kind of colour blindness."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .6rem; text-align: left; white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums }
img { max-width: 100% }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem }
figure { margin: 0 } figcaption { font-size: 12px; overflow-wrap: anywhere }
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns whose heads begin with ``>`` hold numbers."""

    heading: str
    text: str  # what it shows, in a sentence or two
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def without(self, names: Collection[str]) -> "Table":
        """Leave columns out, for a narrow terminal."""
        kept = [index for index, column in enumerate(self.columns) if column.removeprefix(">") not in names]
        rows = [[row[index] for index in kept] for row in self.rows]
        return Table(self.heading, self.text, [self.columns[index] for index in kept], rows)

    def to_markdown(self) -> list[str]:
        """Lines of Markdown."""
        heads = [column.removeprefix(">") for column in self.columns]
        rule = ["---:" if column.startswith(">") else "---" for column in self.columns]
        lines = [heads, rule, *([markdown(cell) for cell in row] for row in self.rows)]
        return ["| " + " | ".join(line) + " |" for line in lines]

    def to_html(self) -> str:
        """An element of HTML."""
        kinds = [' class="number"' if column.startswith(">") else "" for column in self.columns]

        def line(tag: str, cells: Sequence[str]) -> str:
            inner = "".join(f"<{tag}{kind}>{escaped(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
            return f"<tr>{inner}</tr>"

        head = line("th", [column.removeprefix(">") for column in self.columns])
        return f"<table>{head}{''.join(line('td', row) for row in self.rows)}</table>"


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of matplotlib, on the page only."""

    heading: str
    text: str
    draw: Callable[[], "Figure"]

    def to_html(self) -> str:
        """An element of HTML."""
        content = io.BytesIO()
        self.draw().savefig(content, format="png")
        return _image(content.getvalue(), "png", self.heading)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a gallery."""

    name: str
    caption: str
    jpeg: bytes | None  # None where there is nothing to show


@dataclass(frozen=True, slots=True)
class Gallery:
    """Small pictures with captions, on the page only."""

    heading: str
    text: str
    pictures: Callable[[], Iterable[Picture]]

    def to_html(self) -> str:
        """An element of HTML."""
        parts = [
            f"<figure>{'' if one.jpeg is None else _image(one.jpeg, 'jpeg', one.name)}"
            f"<figcaption><b>{escaped(one.name)}</b><br>{escaped(one.caption)}</figcaption></figure>"
            for one in self.pictures()
        ]
        return f'<div class="pictures">{"".join(parts)}</div>'


@dataclass(frozen=True, slots=True)
class ReportKind:
    """What reports of one kind have in common, by which their files are known."""

    schema: str  # of the JSON
    title: str

    def files(self, folder: Path) -> list[tuple[Path, FileKind]]:
        """Make a folder and give the files of a report in it; refuse early what no report could be written into."""
        if importlib.util.find_spec("matplotlib") is None:
            raise MissingExtraError("Drawing a report", "plot")
        make_folder(folder)
        name, title = "a report of this kind", re.escape(self.title.encode())
        kinds = (
            ("report.json", FileKind.json(name, self.schema)),
            ("report.md", FileKind(name, (".md",), b"# " + title)),
            ("report.html", FileKind(name, (".html",), b"<!DOCTYPE html>.*<title>" + title)),
        )
        return [(folder / file, kind) for file, kind in kinds]


@dataclass(frozen=True)
class Report:
    """What was judged, and what came out."""

    kind: ReportKind
    subtitle: str  # what was judged, without a full stop
    notes: Sequence[str]  # what a reader must know
    sections: Sequence[Table | Plot | Gallery]
    content: Any  # the shape of the JSON

    @property
    def tables(self) -> list[Table]:
        """Those that have rows."""
        return [section for section in self.sections if isinstance(section, Table) and section.rows]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return to_dict(self.content)

    def to_markdown(self) -> str:
        """Give the tables as Markdown."""
        lines = [f"# {self.kind.title}", "", f"{markdown(self.subtitle)}.", ""]
        lines += [f"- {markdown(note)}" for note in self.notes]
        for table in self.tables:
            lines += ["", f"## {table.heading}", "", markdown(table.text), "", *table.to_markdown()]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """Give all of it as a page that needs no other file."""
        title = self.kind.title
        head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        parts = ["<!DOCTYPE html>", f'<html lang="en"><head>{head}</head><body>']
        parts.append(f"<h1>{title}</h1><p>{escaped(self.subtitle)}.</p>")
        parts.append("<ul>" + "".join(f"<li>{escaped(note)}</li>" for note in self.notes) + "</ul>")
        for section in self.sections:
            if not isinstance(section, Table) or section.rows:
                heading, text = escaped(section.heading), escaped(section.text)
                parts.append(f"<h2>{heading}</h2><p>{text}</p>{section.to_html()}")
        return "\n".join([*parts, "</body></html>"]) + "\n"

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write ``report.json``, ``report.md`` and ``report.html``, each in one step."""
        files = self.kind.files(folder)
        content = json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        for text, (file, kind) in zip((content, self.to_markdown(), self.to_html()), files, strict=True):
            write_atomically(text.encode(), file, kind)
        return tuple(file for file, _ in files)


def markdown(text: str) -> str:
    """Make text safe on a line of Markdown."""
    return printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def escaped(text: str) -> str:
    """Make text safe in HTML."""
    return html.escape(printable(text))


def _image(content: bytes, kind: str, text: str) -> str:
    """Put a picture into a page, with a text for who can't see it."""
    return f'<img alt="{escaped(text)}" src="data:image/{kind};base64,{base64.b64encode(content).decode()}">'


def scatter(panels: Mapping[str, tuple[Floats, Floats]], x: str, y: str, *, diagonal: bool = True) -> "Figure":
    """Plot for each axis of affect what was said (second) against what is true (first), both on the unit scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.2), dpi=110, layout="constrained")
    for index, (axis, (true, said)) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), index)
        axes.plot((0, 1), (0, 1) if diagonal else (0, 0), color="#888888", linewidth=1)
        axes.scatter(true, said, s=12, color=COLOURS[axis], alpha=0.5, linewidths=0)
        axes.set(title=axis, xlabel=x, ylabel=y, xlim=(-0.02, 1.02))
        if diagonal:
            axes.set(ylim=(-0.02, 1.02))
    return figure


def figure(value: float | None, digits: int = 3) -> str:
    """Write a number, if there is one."""
    return "-" if value is None else f"{value:.{digits}f}"


def interval(ends: tuple[float, float] | None, digits: int = 3) -> str:
    """Write an interval, if there is one."""
    return "-" if ends is None else f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"


MEASURES = {
    "r": ("r", 3),
    "spearman": ("Spearman", 3),
    "ccc": ("CCC", 3),
    "r2": ("R2", 3),
    "rmse": ("RMSE", 4),
    "mae": ("MAE", 4),
    "mse": ("MSE", 5),
    "accuracy": ("right side of 0.5", 3),
}
"""How tables name the fields of `Accuracy`, and with how many digits."""

INTERVAL = " 95 %"
"""Behind the name of a field, its bootstrap interval."""


def accuracy_columns(names: Iterable[str]) -> list[str]:
    """Name the columns of what `accuracy_cells` gives."""
    return [">95 %" if name.endswith(INTERVAL) else f">{MEASURES[name][0]}" for name in names]


def accuracy_cells(found: Accuracy, names: Iterable[str]) -> list[str]:
    """Write fields of an accuracy, and intervals of fields, as cells."""
    return [
        interval((found.intervals or {}).get(field), MEASURES[field][1])
        if (field := name.removesuffix(INTERVAL)) != name
        else figure(getattr(found, name), MEASURES[name][1])
        for name in names
    ]
