"""Which image models there are, shipped and added, and which one reads images by default."""

import os
from collections.abc import Mapping
from pathlib import Path

from img2music.errors import ModelError, printable

MODELS = Path(__file__).parent / "models"
DEFAULT = "emotion6-oasis-lite2"
"""Name of the model that reads images where the user has chosen none."""

VARIABLE = "IMG2MUSIC_IMAGE_MODEL"
"""Environment variable that names a model, or the path of one, and so overrides the user's choice."""

MAX_BYTES = 2**31
"""ONNX files are protocol buffers, which end there: https://protobuf.dev/programming-guides/proto-limits/."""

MAX_NAME = 100


def locate(source: str | os.PathLike[str] | None = None) -> Path:
    """Find the file of a model."""
    wanted, why = chosen() if source is None else (source, "")
    models = known()
    path = models[wanted] if isinstance(wanted, str) and wanted in models else Path(wanted)
    if not path.is_file():
        raise ModelError(
            f"There is no model file {printable(str(wanted))}{why}; give a path or one of: {listed(models)}."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ModelError(f"{printable(str(path))} is too large to be an ONNX model.")
    return path


def shipped() -> dict[str, Path]:
    """The models that come with img2music, by name."""
    return {path.stem: path for path in sorted(MODELS.glob("*.onnx"))}


def known() -> dict[str, Path]:
    """The shipped models, then those that were added, by name."""
    added = {path.stem: path for path in sorted(added_folder().glob("[!.]*.onnx"))}
    own = shipped()
    return own | added | own


def added_folder() -> Path:
    """Where models are that the user has added."""
    import platformdirs

    return platformdirs.user_data_path("img2music") / "image-models"


def choice_file() -> Path:
    """Where the name of the model is that the user has chosen."""
    import platformdirs

    return platformdirs.user_config_path("img2music") / "image-model"


def choice() -> str:
    """The name of the model that the user has chosen, or nothing."""
    file = choice_file()
    try:
        with file.open("rb") as stream:
            return stream.read(4 * MAX_NAME).decode().strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise ModelError(
            f"{printable(str(file))}, which holds the name of the chosen model, can't be read; "
            f"choose one again, such as {DEFAULT}."
        ) from None


def listed(models: Mapping[str, Path]) -> str:
    """Names of models, for a message."""
    return ", ".join(map(printable, models))


def chosen() -> tuple[str, str]:
    """Tell which model reads images by default, and in words why it is that one."""
    if named := os.environ.get(VARIABLE):
        return named, f", which {VARIABLE} names"
    if named := choice():
        return named, f", which you have chosen (choose {DEFAULT} to go back to the shipped one)"
    return DEFAULT, ""
