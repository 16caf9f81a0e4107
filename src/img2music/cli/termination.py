"""What happens when a person or the system asks the command to end."""

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def unwinding() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C and SIGTERM end the command so that files that are not whole are removed.

    Neither raises an exception at once, for libav, while it reads, takes one for the end of a file. What is yielded is
    to be called often, and raises it. A second signal does so at once, for who has no patience.
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

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
