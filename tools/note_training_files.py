"""Write down which files trained a model: ``python -m tools.note_training_files MODEL FILE...``."""

import json
import sys
from pathlib import Path

from img2music.research.match.training_files import LENGTH, TABLE, contents_of


def note(model: str, files: list[Path]) -> None:
    """Write down which files trained a model."""
    table = json.loads(TABLE.read_text(encoding="ascii")) if TABLE.exists() else {}
    table[model] = sorted({content[:LENGTH] for content in contents_of(files)})
    lines = [f"{json.dumps(name)}: {json.dumps(hashes, separators=(',', ':'))}" for name, hashes in table.items()]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    note(sys.argv[1], [Path(name) for name in sys.argv[2:]])
