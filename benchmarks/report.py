"""What a benchmark reports: rows for a table, and the same as JSON."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Report:
    """Rows of a benchmark; ``note`` states the floor and how far from it we are."""

    name: str
    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    note: str = ""

    def add(self, *cells: object) -> None:
        self.rows.append(list(cells))

    def show(self) -> None:
        table = Table(*self.columns, title=self.name)
        for row in self.rows:
            table.add_row(*[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row])
        console = Console()
        console.print(table)
        if self.note:
            console.print(self.note)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        file.write_text(
            json.dumps({"benchmark": self.name, "machine": machine, "rows": rows, "note": self.note}, indent=2)
        )
        return file


def seconds(action: Callable[[], object], repeat: int = 5, warmup: int = 1) -> float:
    """Median wall time of an action, in seconds."""
    for _ in range(warmup):
        action()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
