"""Which files of a folder are opened, by whatever process of this machine."""

import contextlib
import ctypes
import os
import struct
from pathlib import Path

OPENED = 0x20  # IN_OPEN; inotify(7)
EVENT = struct.Struct("iIII")


class Opened:
    """Names of the files in a folder that are opened."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self._inotify, os.fsencode(folder), OPENED) >= 0, os.strerror(ctypes.get_errno())
        self._names: set[str] = set()

    def look(self) -> set[str]:
        """Give those that were opened since it began, or was told to forget."""
        with contextlib.suppress(BlockingIOError):
            while events := os.read(self._inotify, 1 << 16):
                while events:
                    *_, length = EVENT.unpack_from(events)
                    name, events = events[EVENT.size : EVENT.size + length], events[EVENT.size + length :]
                    self._names.add(os.fsdecode(name.rstrip(b"\0")))
        return self._names - {""}  # the folder itself

    def forget(self) -> None:
        """Begin anew."""
        self.look()
        self._names.clear()

    def close(self) -> None:
        os.close(self._inotify)
