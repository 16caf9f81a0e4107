"""Progress of work in stages on a terminal."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from img2music.cli.termination import unwinding

if TYPE_CHECKING:
    from img2music.progress import Progress as FilmProgress
    from img2music.progress import Step


@contextlib.contextmanager
def stage_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Show a bar for each stage on standard error, if it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done)

        yield show


@contextlib.contextmanager
def film_progress() -> Iterator["FilmProgress"]:
    """The same for work on films, where Ctrl-C and SIGTERM come with the next step."""
    with unwinding() as check, stage_progress() as progress:

        def show(step: "Step") -> None:
            check()
            if progress is not None:
                done = int(step.done)
                progress(f"{step.stage} ({step.unit})", done, int(max(step.done, step.total or 0.0)))

        yield show
