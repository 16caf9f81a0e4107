"""Progress of a scan on a terminal."""

import contextlib
from collections.abc import Iterator

from img2music.progress import Progress, Step, unwatched


@contextlib.contextmanager
def scan_progress() -> Iterator[Progress]:
    """Show a bar, the rate and the time left on standard error, if it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    columns = (
        TextColumn("Listening"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} tracks/min"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Bars(*columns, console=console, transient=True, speed_estimate_period=120.0) as bars:
        bar = bars.add_task("", total=None, rate="-", visible=False, start=False)

        def show(step: Step) -> None:
            if not bars.tasks[0].visible:
                bars.start_task(bar)
            elapsed = bars.tasks[0].elapsed or 0.0
            rate = f"{60 * step.done / elapsed:.0f}" if step.done and elapsed else "-"
            bars.update(bar, completed=step.done, total=step.total, rate=rate, visible=True)

        yield show
