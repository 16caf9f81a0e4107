"""Changes that are asked for once more since their answer was lost: they are not made twice, nor refused."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from img2music.app.projects import Project

MOST_KEPT = 1000
"""Changes that are remembered, the last ones, while the server runs."""


class Repeats:
    """Changes of projects, by the keys that who asks for them gives them."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._turns: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def once(self, id: int, key: str | None, change: Callable[[], Project], now: Callable[[], Project]) -> Project:  # noqa: A002
        """Make a change, or give the project as it is by now if that change was made already."""
        if key is None:
            return change()
        with self._lock:
            turn = self._turns[id]
        with turn:  # the first may not have ended
            if (id, key) in self._made:
                return now()
            made = change()
            with self._lock:
                self._made[id, key] = None
                while len(self._made) > MOST_KEPT:
                    self._made.popitem(last=False)
            return made
