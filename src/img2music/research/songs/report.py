"""Reports of training and evaluation as tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from img2music.research.pages import Table, markdown, markdown_table

Report = Mapping[str, Any]

SPLITS = {"random": "at random", "artist": "by artist"}


def title_of(report: Report) -> str:
    """Say in one line what was trained and judged."""
    split = report["split"]
    by = SPLITS[split["by"]]
    how = (
        f"{split['folds']} folds {by}"
        if split["folds"]
        else f"{split['train']} to train, {split['test']} to test, {by}"
    )
    return f"{report['songs']} songs, {how}, recipe {report['recipe']}, seed {report['seed']}, unit scale"


def test_table(report: Report) -> Table:
    """Tabulate accuracy on songs that nothing was chosen by, beside the mean and raw columns."""
    rows = []
    for axis, target in report["targets"].items():
        rows.append([axis, "stack", *accuracy_cells(target["test"])])
        rows += [[axis, f"raw {column}", *accuracy_cells(found)] for column, found in target["raw"].items()]
        rows.append([axis, "mean", *accuracy_cells(target["mean"])])
    return ["target", "predictor", *ACCURACY_COLUMNS], rows


ACCURACY_COLUMNS = [">R2", ">95 %", ">r", ">CCC", ">RMSE", ">MSE", ">MAE", ">right side of 0.5"]


def accuracy_cells(found: Mapping[str, Any]) -> list[str]:
    """Give the cells of one accuracy under `ACCURACY_COLUMNS`."""
    ends = (found["intervals"] or {}).get("r2")
    return [
        f"{found['r2']:.3f}",
        "-" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}",
        *("-" if found[name] is None else f"{found[name]:.3f}" for name in ("r", "ccc")),
        f"{found['rmse']:.4f}",
        f"{found['mse']:.5f}",
        f"{found['mae']:.4f}",
        f"{found['accuracy']:.3f}",
    ]


def stack_table(report: Report) -> Table:
    """Tabulate the stacks."""
    rows = []
    for axis, target in report["targets"].items():
        stack = target["stack"]
        for role, one in (*(("base", base) for base in stack["bases"]), ("stack", stack["meta"])):
            settings = ", ".join(f"{name} {value:.4g}" for name, value in one["settings"].items())
            counts = one["weight"] if "weight" in one else one["share"]
            rows.append([axis, role, one["name"], f"{counts:.2f}", f"{one['mse']:.5f}", settings or "as fixed"])
    return ["target", "part", "regressor", ">share", ">MSE, cross-validated", "settings"], rows


def leaderboard_table(report: Report) -> Table:
    """Tabulate the field, best first."""
    rows = [
        [axis, str(place), one["name"], f"{one['mse']:.5f}", f"{one['seconds']:.1f}"]
        for axis, target in report["targets"].items()
        for place, one in enumerate(target["leaderboard"], start=1)
    ]
    return ["target", ">place", "regressor", ">MSE", ">seconds"], rows


TITLE = "Song stacks on songs that they have not seen"
MOST_IMPORTANT = 20


def title_of_evaluation(report: Report) -> str:
    """Say in one line what was judged."""
    inputs = ", ".join(report["inputs"])
    return f"{report['songs']} songs of {report['artists']} artists, inputs {inputs}, seed {report['seed']}, unit scale"


def sections(report: Report) -> Iterator[tuple[str, str, Table]]:
    """Give the tables of an evaluation, each with a heading and what it shows."""
    targets = report["targets"].items()
    yield (
        "Accuracy",
        "A fifth held out, of songs or of artists; the mean is the training part's. Intervals: bootstrap, 95 %.",
        (
            ["target", "split", "predictor", *ACCURACY_COLUMNS],
            [
                [axis, SPLITS[split], predictor, *accuracy_cells(found[key])]
                for axis, target in targets
                for split, found in target["splits"].items()
                for predictor, key in (("stack", "test"), ("mean", "mean"))
            ],
        ),
    )
    yield (
        "Inputs left out, and inputs alone",
        "Split at random; the same regressors with the same shares, fitted anew, without the meta-learner.",
        (
            ["target", "inputs", *ACCURACY_COLUMNS],
            [
                [axis, inputs, *accuracy_cells(found)]
                for axis, target in targets
                for inputs, found in target.get("ablation", {}).items()
            ],
        ),
    )
    yield (
        "What each input is worth",
        "R2 that is lost when the input's values are dealt out anew among the songs held out at random; the greatest.",
        (
            ["target", "input", ">R2 lost", ">standard deviation"],
            [
                [axis, one["input"], f"{one['r2_lost']:.4f}", f"{one['deviation']:.4f}"]
                for axis, target in targets
                for one in target["importance"][:MOST_IMPORTANT]
            ],
        ),
    )
    yield (
        "Columns as they are",
        "Correlation of the table's columns with the target, songs held out at random.",
        (
            ["target", "column", ">r"],
            [
                [axis, column, "-" if r is None else f"{r:.3f}"]
                for axis, target in targets
                for column, r in target["columns"].items()
            ],
        ),
    )


def to_markdown(report: Report) -> str:
    """Write an evaluation as Markdown."""
    lines = [f"# {TITLE}", "", f"{markdown(title_of_evaluation(report))}.", ""]
    lines += [f"- {axis}: {markdown(target['source'])}" for axis, target in report["targets"].items()]
    lines += [f"- {markdown(note)}" for note in report["notes"]]
    for heading, text, (columns, rows) in sections(report):
        if rows:
            lines += ["", f"## {heading}", "", text, "", *markdown_table(columns, rows)]
    return "\n".join(lines) + "\n"
