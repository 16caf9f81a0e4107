"""Which files trained the shipped models, so that an evaluation on them says so.

``training_files.json`` holds, for each model, the first 8 bytes of the BLAKE2b hash of every file that it was trained
on: enough to recognise a file, of no use to rebuild one. After training, ``tools/note_training_files.py`` notes them.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from img2music.connectors.folders import FileState
from img2music.library.workers import content_hash

TABLE = Path(__file__).with_suffix(".json")
LENGTH = 16  # hexadecimal digits


def trained_on(model: str) -> frozenset[str] | None:
    """Give the beginnings of the hashes of the files that trained a model, if these are known."""
    table: dict[str, list[str]] = json.loads(TABLE.read_text(encoding="ascii"))
    return frozenset(table[model]) if model in table else None


def overlap(what: str, kind: str, contents: Sequence[str], model: str) -> str:
    """Say whether files that a model is judged on are among those that trained it."""
    trained = trained_on(model)
    if trained is None:
        return f"It is not known which files trained the {kind} model ({model}), so these {what} may be among them."
    known = sum(content[:LENGTH] in trained for content in contents)
    if known:
        return (
            f"{known} of these {len(contents)} {what} trained the {kind} model ({model}): "
            "its readings of them, and so these figures, are better than on new ones."
        )
    return f"None of these {len(contents)} {what} trained the {kind} model ({model}), told by their bytes."


def contents_of(files: Iterable[Path]) -> list[str]:
    """Hash files."""
    states = [(file, file.stat()) for file in files]
    return [content_hash(FileState(str(file), state.st_size, state.st_mtime_ns)) for file, state in states]
