"""Work on several processors at once."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(action: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Apply an action on threads, a few items ahead, and yield the results in order."""
    remaining = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="img2music") as pool:
        ahead: deque[Future[Result]] = deque(pool.submit(action, item) for item in islice(remaining, 2 * threads))
        try:
            while ahead:
                result = ahead.popleft().result()
                ahead.extend(pool.submit(action, item) for item in islice(remaining, 1))
                yield result
        finally:
            for future in ahead:
                future.cancel()
