"""Which image models there are, shipped and added, and which one reads images by default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from img2music.errors import InputError, ModelError, printable
from img2music.files import ONNX, FileKind, write_atomically
from img2music.vision.model import DEFAULT, MODELS, ImageModel

VARIABLE = "IMG2MUSIC_IMAGE_MODEL"
"""Environment variable that names a model, or the path of one, and so overrides the choice of `use`."""

MAX_BYTES = 2**31
"""ONNX files are protocol buffers, which end there: https://protobuf.dev/programming-guides/proto-limits/."""

MAX_NAME = 100

CHOICE = FileKind("the name of a model", (), b"")


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model that is known by name."""

    name: str  # what `ImageModel.load` and the commands know it by
    path: Path  # the file
    origin: Literal["shipped", "added"]  # whether it comes with img2music or was added by the user
    default: bool  # whether it reads images where no other model is asked for


def models() -> list[RegisteredModel]:
    """List the models that are known by name: the shipped ones, then those that were added, by name."""
    default = chosen()
    return [_registered(name, default) for name in _known()]


def chosen() -> str:
    """Tell which model reads images by default."""
    return _chosen()[0]


def locate(source: str | os.PathLike[str] | None = None) -> Path:
    """Find the file of a model."""
    wanted, why = _chosen() if source is None else (source, "")
    known = _known()
    path = known[wanted] if isinstance(wanted, str) and wanted in known else Path(wanted)
    if not path.is_file():
        raise ModelError(
            f"There is no model file {printable(str(wanted))}{why}; give a path or one of: {_list(known)}."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ModelError(f"{printable(str(path))} is too large to be an ONNX model.")
    return path


def use(name: str) -> RegisteredModel:
    """Choose the model that reads images from now on, in every command."""
    _check(_named(name))
    _write(f"{name}\n".encode(), _choice_file(), CHOICE)
    return _registered(name, chosen())


def add(file: str | os.PathLike[str]) -> RegisteredModel:
    """Copy a model file to the user's data folder, so that it can be used by name.

    The file must load, describe itself, and read a picture.
    """
    path = locate(Path(file))
    name = _check(path).metadata["name"]
    content = _read(path)
    if not _plain(name):
        raise ModelError(
            f"{printable(str(path))} calls itself {printable(name[:MAX_NAME])!r}, which can't be the name of a file; "
            "train it with another --name."
        )
    target = _added_folder() / f"{name}.onnx"
    if name in _shipped():
        raise ModelError(
            f"{printable(str(path))} calls itself {name}, as a model does that comes with img2music; "
            "train it with another --name."
        )
    # The same file again is no fault: the first time may have been cut short by anything.
    if target.exists() and _read(target) != content:
        raise ModelError(f"There is another model {name} already; remove it first: img2music models remove {name}")
    _write(content, target, ONNX)
    return _registered(name, chosen())


def remove(name: str) -> None:
    """Delete a model that was added."""
    path = _named(name)
    if name in _shipped():
        raise ModelError(f"The model {name} comes with img2music and can't be removed.")
    if _choice() == name:
        raise ModelError(f"The model {name} is the default; choose another first: img2music models use {DEFAULT}")
    try:
        path.unlink()
    except OSError as error:
        raise InputError(f"can't be deleted: {error.strerror}.", str(path)) from None


def _registered(name: str, default: str) -> RegisteredModel:
    return RegisteredModel(name, _known()[name], "shipped" if name in _shipped() else "added", name == default)


def _named(name: str) -> Path:
    known = _known()
    if name in known:
        return known[name]
    if Path(name).is_file():
        raise ModelError(f"{printable(name)} is a file; add it first: img2music models add {printable(name)}")
    raise ModelError(f"There is no model called {printable(name)}; there are: {_list(known)}.")


def _list(known: Mapping[str, Path]) -> str:
    return ", ".join(map(printable, known))


def _check(path: Path) -> ImageModel:
    """Load a model and let it read a picture."""
    model = ImageModel.load(path, threads=1)
    model.predict(np.full((1, model.side, model.side, 3), 127, dtype=np.uint8))
    return model


def _plain(name: str) -> bool:
    """Tell whether a name can be that of a file, on any system."""
    fits = 0 < len(os.fsencode(name)) <= MAX_NAME
    return fits and name.isprintable() and name == name.strip(" .") and not set(name) & set('/\\:*?"<>|')


def _known() -> dict[str, Path]:
    return _shipped() | {name: path for name, path in _added().items() if name not in _shipped()}


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in sorted(MODELS.glob("*.onnx"))}


def _added() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_added_folder().glob("[!.]*.onnx"))}


def _added_folder() -> Path:
    import platformdirs

    return platformdirs.user_data_path("img2music") / "image-models"


def _choice_file() -> Path:
    import platformdirs

    return platformdirs.user_config_path("img2music") / "image-model"


def _chosen() -> tuple[str, str]:
    """Tell which model reads images by default, and in words why it is that one."""
    if named := os.environ.get(VARIABLE):
        return named, f", which {VARIABLE} names"
    if named := _choice():
        return named, f", which you have chosen (img2music models use {DEFAULT} goes back to the shipped one)"
    return DEFAULT, ""


def _choice() -> str:
    """Read what `use` has written: a name, or nothing."""
    file = _choice_file()
    try:
        with file.open("rb") as stream:
            return stream.read(4 * MAX_NAME).decode().strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise ModelError(
            f"{printable(str(file))}, which holds the name of the chosen model, can't be read; "
            f"write it anew: img2music models use {DEFAULT}"
        ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}.", str(path)) from None


def _write(content: bytes, file: Path, kind: FileKind) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"can't be made: {error.strerror}.", str(file.parent)) from None
    write_atomically(content, file, kind)
