"""Progress on a terminal, and what happens when a person or the system asks a command to end."""

import contextlib
from collections.abc import Iterator

from img2music.errors import printable
from img2music.progress import Progress, Step

ITEM_WIDTH = 40


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar for each stage on standard error, if it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: None
        return
    names, notes = TextColumn("{task.description}"), TextColumn("{task.fields[note]}", markup=False)
    columns = (names, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(elapsed_when_finished=True), notes)
    with Bars(*columns, console=console, transient=True, speed_estimate_period=120.0) as bars:
        stages: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            if step.stage not in stages:
                unit = f" ({step.unit})" if step.unit else ""
                stages[step.stage] = bars.add_task(step.stage + unit, total=None, note="")
            stage = stages[step.stage]
            total = None if step.total is None else max(step.done, step.total)
            note = printable(step.item or "")[-ITEM_WIDTH:]
            if step.unit == "tracks" and step.done and (elapsed := bars.tasks[stage].elapsed):
                note = f"{60 * step.done / elapsed:.0f}/min  {note}"
            bars.update(stage, completed=step.done, total=total, note=note)

        yield show


@contextlib.contextmanager
def unwinding() -> Iterator[Progress]:
    """Show progress, and let Ctrl-C and SIGTERM end the command so that files that are not whole are removed.

    Neither raises an exception at once, for libav, while it reads, takes one for the end of a file, but with the next
    step. A second signal does so at once, for who has no patience.
    """
    import signal

    came: list[int] = []

    def check() -> None:
        if came:
            raise SystemExit(143) if came[0] == signal.SIGTERM else KeyboardInterrupt

    def remember(number: int, _: object) -> None:
        came.append(number)
        if len(came) > 1:
            check()

    def watched(step: Step) -> None:
        check()
        show(step)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with progress_bar() as show:
            yield watched
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
