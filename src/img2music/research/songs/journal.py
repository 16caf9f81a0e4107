"""A journal of finished fits, so that a training that was stopped goes on where it was, to the same result."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError
from img2music.files import FileKind

Floats = NDArray[np.float64]

NAME = "journal.jsonl"
KIND = "img2music/journal/1"
JOURNAL = FileKind("a journal of a training", (".jsonl",), FileKind.json("", KIND).start)


@dataclass(frozen=True)
class Fit:
    """What came of one regressor, fitted fold by fold."""

    mse: float  # mean squared error on the rows left out, the mean of the folds
    seconds: float  # how long it took
    predicted: Floats  # what it predicts for each row that it was not fitted on


class Journal:
    """Fits by what they are of, each on disk as soon as it is done."""

    def __init__(self, file: Path | None, run: str, *, resume: bool = False) -> None:
        self._file = file
        self._fits: dict[str, Fit] = {}
        if file is None:
            return
        head = json.dumps({"schema": KIND, "run": run}).encode() + b"\n"
        try:
            content = file.read_bytes() if resume and file.exists() else b""
            whole = content[: content.rfind(b"\n") + 1]  # a line that a kill cut short is not there
            if whole:
                self._read(whole, head, str(file))
                with file.open("r+b") as stream:
                    stream.truncate(len(whole))
            else:
                file.write_bytes(head)
        except OSError as error:
            raise InputError(f"can't be written: {error.strerror or error}.", str(file)) from None

    def __len__(self) -> int:
        return len(self._fits)

    def get(self, key: str) -> Fit | None:
        """Find a fit that is done."""
        return self._fits.get(key)

    def add(self, key: str, fit: Fit) -> None:
        """Keep a fit."""
        self._fits[key] = fit
        if self._file is None:
            return
        line = {
            "key": key,
            "mse": fit.mse,
            "seconds": fit.seconds,
            "predicted": base64.b64encode(fit.predicted.astype("<f8").tobytes()).decode(),
        }
        try:
            with self._file.open("ab") as stream:
                stream.write(json.dumps(line).encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise InputError(f"can't be written: {error.strerror or error}.", str(self._file)) from None

    def _read(self, content: bytes, head: bytes, path: str) -> None:
        first, *lines = content.splitlines(keepends=True)
        if not first.startswith(b'{"schema": "' + KIND.encode()):
            raise InputError("is no journal of a training; move it away.", path)
        if first != head:
            raise InputError(
                "is of another training (table, inputs, recipe, seed or versions differ); "
                "train without --resume, or into another folder.",
                path,
            )
        for number, line in enumerate(lines, start=2):
            try:
                self._fits.update([_fit_of(json.loads(line))])
            except (ValueError, KeyError, TypeError):
                raise InputError(f"line {number} is damaged; train without --resume.", path) from None


def _fit_of(line: dict[str, Any]) -> tuple[str, Fit]:
    predicted = np.frombuffer(base64.b64decode(line["predicted"], validate=True), dtype="<f8").astype(np.float64)
    return str(line["key"]), Fit(float(line["mse"]), float(line["seconds"]), predicted)
