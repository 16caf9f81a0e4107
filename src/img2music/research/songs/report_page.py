"""An evaluation of song stacks as files: JSON, Markdown, and one page of tables and plots."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from img2music.research.pages import escaped, head_of, html_image, html_table, png, prepare, report_kinds, write_files
from img2music.research.songs.evaluation import SCHEMA, Judged
from img2music.research.songs.report import MOST_IMPORTANT, TITLE, sections, title_of_evaluation, to_markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = report_kinds(SCHEMA, TITLE)
"""What its files are known by, by their names."""

COLOURS = {
    "valence": "#0072B2",
    "arousal": "#D55E00",
}  # Okabe & Ito (2008), told apart with any kind of colour blindness


def write_report(judged: Judged, folder: Path) -> tuple[Path, ...]:
    """Write ``report.json``, ``report.md`` and ``report.html``, each in one step."""
    prepare(folder)
    contents = {
        "report.json": json.dumps(judged.report, indent=2, allow_nan=False) + "\n",
        "report.md": to_markdown(judged.report),
        "report.html": _page(judged),
    }
    return write_files(contents, folder, KINDS)


def _page(judged: Judged) -> str:
    report = judged.report
    sources = [f"{axis}: {target['source']}" for axis, target in report["targets"].items()]
    parts = head_of(TITLE, title_of_evaluation(report), [*sources, *report["notes"]])
    for heading, text, (columns, rows) in sections(report):
        if rows:
            parts.append(f"<h2>{heading}</h2><p>{escaped(text)}</p>{html_table((columns, rows))}")
    for heading, text, figure in _figures(judged):
        parts.append(f"<h2>{heading}</h2><p>{text}</p>{html_image(png(figure), 'png', heading)}")
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _figures(judged: Judged) -> Iterator[tuple[str, str, "Figure"]]:
    split = "artist" if all("artist" in target["splits"] for target in judged.report["targets"].values()) else "random"
    held = {"artist": "Songs of artists that are held out", "random": "Songs held out at random"}[split]
    yield "Prediction against target", f"{held}. On the line, the stack says what the target says.", _scatter(judged)
    yield "What each input is worth", "R2 lost when its values are dealt out anew.", _bars(judged)


def _scatter(judged: Judged) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.2), dpi=110, layout="constrained")
    for place, (axis, rated) in enumerate(judged.rated.items()):
        axes = figure.add_subplot(1, len(judged.rated), place + 1)
        axes.plot((0, 1), (0, 1), color="#888888", linewidth=1)
        axes.scatter(rated, judged.predicted[axis], s=10, color=COLOURS[axis], alpha=0.5, linewidths=0)
        axes.set(title=axis, xlabel="target", ylabel="predicted", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return figure


def _bars(judged: Judged) -> "Figure":
    from matplotlib.figure import Figure

    targets = judged.report["targets"]
    figure = Figure(figsize=(11, 6), dpi=110, layout="constrained")
    for place, (axis, target) in enumerate(targets.items()):
        shown = target["importance"][:MOST_IMPORTANT][::-1]
        axes = figure.add_subplot(1, len(targets), place + 1)
        axes.barh(
            [one["input"] for one in shown],
            [one["r2_lost"] for one in shown],
            xerr=[one["deviation"] for one in shown],
            color=COLOURS[axis],
        )
        axes.set(title=axis, xlabel="R2 lost")
    return figure
