"""Reports of training and evaluation as tables."""

from collections.abc import Mapping
from typing import Any

Table = tuple[list[str], list[list[str]]]
Report = Mapping[str, Any]


def title_of(report: Report) -> str:
    """Say in one line what was trained and judged.

    Parameters
    ----------
    report : mapping
        As `training.train` gives it.

    Returns
    -------
    str
    """
    split = report["split"]
    by = {"random": "at random", "artist": "by artist"}[split["by"]]
    how = f"{split['folds']} folds {by}" if split["folds"] else f"{split['train']} to train, {split['test']} to test, {by}"
    return f"{report['songs']} songs, {how}, recipe {report['recipe']}, seed {report['seed']}, unit scale"


def test_table(report: Report) -> Table:
    """Tabulate accuracy on songs that nothing was chosen by, beside the mean and raw columns.

    Parameters
    ----------
    report : mapping

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    rows = []
    for axis, target in report["targets"].items():
        rows.append([axis, "stack", *accuracy_cells(target["test"])])
        rows += [[axis, f"raw {column}", *accuracy_cells(found)] for column, found in target["raw"].items()]
        rows.append([axis, "mean", *accuracy_cells(target["mean"])])
    return ["target", "predictor", *ACCURACY_COLUMNS], rows


ACCURACY_COLUMNS = [">R2", ">95 %", ">r", ">CCC", ">RMSE", ">MSE", ">MAE", ">right side of 0.5"]


def accuracy_cells(found: Mapping[str, Any]) -> list[str]:
    """Give the cells of one accuracy under `ACCURACY_COLUMNS`.

    Parameters
    ----------
    found : mapping
        As reports have it.

    Returns
    -------
    list of str
    """
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
    """Tabulate the stacks.

    Parameters
    ----------
    report : mapping

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    rows = []
    for axis, target in report["targets"].items():
        stack = target["stack"]
        for role, one in (*(("base", base) for base in stack["bases"]), ("stack", stack["meta"])):
            settings = ", ".join(f"{name} {value:.4g}" for name, value in one["settings"].items())
            if "weight" in one:
                settings = f"weight {one['weight']:.2f}; {settings}"
            rows.append([axis, role, one["name"], f"{one['mse']:.5f}", settings or "as fixed"])
    return ["target", "part", "regressor", ">MSE, cross-validated", "settings"], rows


def leaderboard_table(report: Report) -> Table:
    """Tabulate the field, best first.

    Parameters
    ----------
    report : mapping

    Returns
    -------
    columns : list of str
    rows : list of list of str
    """
    rows = [
        [axis, str(place), one["name"], f"{one['mse']:.5f}", f"{one['seconds']:.1f}"]
        for axis, target in report["targets"].items()
        for place, one in enumerate(target["leaderboard"], start=1)
    ]
    return ["target", ">place", "regressor", ">MSE", ">seconds"], rows
