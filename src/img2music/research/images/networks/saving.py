"""Checkpoints: a training run at the end of an epoch, whole or not at all."""

import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from img2music.errors import ModelError, UsageError, printable
from img2music.files import FileKind, replacing
from img2music.research.images.networks.settings import Settings
from img2music.research.images.networks.torch_import import import_torch

FORMAT = "img2music/image-checkpoint/1"

LAST = "last.pt"
BEST = "best.pt"

CHECKPOINT = FileKind("a checkpoint of PyTorch", (".pt",), rb"PK\x03\x04")

MAY_DIFFER = ("epochs",)
"""Settings that may be others when a run goes on."""


def save(state: dict[str, Any], settings: Settings, file: Path) -> None:
    """Write a checkpoint in the place of the one before."""
    # Into memory first: torch.save hides what went wrong with the file behind an error of its own.
    content = io.BytesIO()
    plain = {key: str(value) if isinstance(value, str) else value for key, value in asdict(settings).items()}
    import_torch().save({"format": FORMAT, "settings": plain, **state}, content)
    with replacing(file, CHECKPOINT) as stream:
        stream.write(content.getbuffer())


def load(file: Path, settings: Settings) -> dict[str, Any]:
    """Read a checkpoint that `save` wrote. Nothing in the file can run."""
    place = printable(str(file))
    torch = import_torch()
    try:
        state: Any = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"There is no checkpoint {place}; leave out `resume` to begin anew.") from None
    except Exception as error:  # torch.load has no common base for what it raises
        raise ModelError(f"{place} is not a checkpoint that can be read: it is damaged, or another file.") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ModelError(f"{place} is not a checkpoint of img2music (format {FORMAT}).")
    for key, now in asdict(settings).items():
        then = state["settings"].get(key)
        if key not in MAY_DIFFER and then != now:
            setting = "group_by_theme" if key == "by_theme" else key
            raise UsageError(
                f"{place} is of a run with `{setting}={then}`, not {now}: give that, or another `checkpoint_dir`."
            )
    return state
