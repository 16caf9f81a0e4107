"""A journal of finished fits, so that a training that was stopped goes on where it was, to the same result.

Not optuna's storage: it would keep the trials, but not what fits predict for songs left out, of which stacks are made.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from img2music.errors import InputError
from img2music.files import FileKind
from img2music.research.songs.groups import Floats

NAME = "journal.jsonl"
KIND = "img2music/journal/1"
JOURNAL = FileKind("a journal of a training", (".jsonl",), FileKind.json("", KIND).start)


@dataclass(frozen=True)
class Fit:
    """What came of one regressor, fitted fold by fold."""

    key: str  # what it is of
    seconds: float  # how long it took
    values: bytes  # `predicted` as float64, little-endian

    @property
    def predicted(self) -> Floats:
        """What it predicts for each row that it was not fitted on."""
        return np.frombuffer(self.values, dtype="<f8")


class Journal:
    """Fits by what they are of, each on disk as soon as it is done."""

    def __init__(self, file: Path | None = None, run: str = "", *, resume: bool = False) -> None:
        self.fits: dict[str, Fit] = {}
        self._file = file
        if file is None:
            return
        head = msgspec.json.encode({"schema": KIND, "run": run}) + b"\n"
        try:
            content = file.read_bytes() if resume and file.exists() else b""
            whole = content[: content.rfind(b"\n") + 1]  # a line that a kill cut short is not there
            if not whole:
                file.write_bytes(head)
                return
            self._read(whole, head, str(file))
            with file.open("r+b") as stream:
                stream.truncate(len(whole))
        except OSError as error:
            raise InputError(f"can't be written: {error.strerror or error}.", str(file)) from None

    def add(self, fit: Fit) -> None:
        """Keep a fit."""
        self.fits[fit.key] = fit
        if self._file is None:
            return
        try:
            with self._file.open("ab") as stream:
                stream.write(msgspec.json.encode(fit) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise InputError(f"can't be written: {error.strerror or error}.", str(self._file)) from None

    def _read(self, content: bytes, head: bytes, path: str) -> None:
        first, *lines = content.splitlines(keepends=True)
        if not first.startswith(b'{"schema":"' + KIND.encode()):
            raise InputError("is no journal of a training; move it away.", path)
        if first != head:
            raise InputError(
                "is of another training (table, inputs, recipe, seed or versions differ); "
                "train without `resume`, or into another folder.",
                path,
            )
        for number, line in enumerate(lines, start=2):
            try:
                fit = msgspec.json.decode(line, type=Fit)
            except ValueError:
                raise InputError(f"line {number} is damaged; train without `resume`.", path) from None
            self.fits[fit.key] = fit


def fingerprint(*parts: object) -> str:
    """Give a digest of what a training depends on."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode("utf-8", "surrogatepass")
        digest.update(str(len(content)).encode() + b":" + content)
    return digest.hexdigest()
