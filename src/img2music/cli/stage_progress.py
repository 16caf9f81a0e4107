"""Progress of work in stages on a terminal."""

import contextlib
from collections.abc import Callable, Iterator


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


def of_stage(
    progress: Callable[[str, int, int], None] | None, stage: str, check: Callable[[], None]
) -> Callable[[float, float], None]:
    """Show the progress of one stage that is told in fractions of seconds."""

    def show(done: float, of: float) -> None:
        check()
        if progress is not None:
            progress(stage, int(done), int(max(done, of)))

    return show
