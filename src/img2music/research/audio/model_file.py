"""Writing the music affect model, as `AffectModel.load` reads it."""

import json
from dataclasses import asdict
from pathlib import Path

from img2music.files import FileKind, write_atomically
from img2music.music.audio.affect_model import AffectModel

KIND = FileKind("a music affect model", (".json",), rb'\s*\{\s*"name":\s*"music-affect/')


def save(model: AffectModel, path: Path) -> None:
    """Write a model as JSON, with six significant digits: more than the training data bear."""
    content = {
        name: [float(f"{number:.6g}") for number in value] if isinstance(value, tuple) else value
        for name, value in asdict(model).items()
    }
    write_atomically((json.dumps(content) + "\n").encode(), path, KIND)
