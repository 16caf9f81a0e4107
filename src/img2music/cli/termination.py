"""What happens when the system asks the command to end."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that files that are not whole are removed.

    Yields
    ------
    None

    Raises
    ------
    SystemExit
        With 143 (128 + SIGTERM, as shells have it), when the signal comes.
    """
    import signal
    import sys

    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
