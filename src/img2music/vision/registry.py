"""Models by name: listing, adding, choosing and removing them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from img2music.errors import InputError, ModelError, printable, reason_of
from img2music.files import ONNX, FileKind, make_folder, write_atomically
from img2music.vision import model_files
from img2music.vision.model import ImageModel
from img2music.vision.model_files import DEFAULT, MAX_NAME, MODELS

CHOICE = FileKind("the name of a model", (), b"")


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model that is known by name."""

    name: str  # what `ImageModel.load` and the commands know it by
    origin: Literal["shipped", "added"]  # whether it comes with img2music or was added by the user
    default: bool  # whether it reads images where no other model is asked for
    path: str  # the file


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """``img2music/models/1``."""

    schema: Literal["img2music/models/1"] = "img2music/models/1"
    default: str  # name of the model that reads images where no other is asked for, be it there or not
    models: list[RegisteredModel]


def models() -> ModelList:
    """List the models that are known by name: the shipped ones, then those that were added, by name."""
    default, _ = model_files.chosen()
    found = [
        RegisteredModel(name, "shipped" if path.parent == MODELS else "added", name == default, str(path))
        for name, path in model_files.known().items()
    ]
    return ModelList(default=default, models=found)


def use(name: str) -> RegisteredModel:
    """Choose the model that reads images from now on, in every command."""
    _check(_named(name))
    _write(f"{name}\n".encode(), model_files.choice_file(), CHOICE)
    return _registered(name)


def add(file: str | os.PathLike[str]) -> RegisteredModel:
    """Copy a model file to the user's data folder, so that it can be used by name.

    The file must load, describe itself, and read a picture.
    """
    path = model_files.locate(Path(file))
    name = _check(path).metadata["name"]
    content = _read(path)
    if not _plain(name):
        raise ModelError(
            f"{printable(str(path))} calls itself {printable(name[:MAX_NAME])!r}, which can't be the name of a file; "
            "train it with another `name`."
        )
    target = model_files.added_folder() / f"{name}.onnx"
    if name in model_files.shipped():
        raise ModelError(
            f"{printable(str(path))} calls itself {name}, as a model does that comes with img2music; "
            "train it with another `name`."
        )
    # The same file again is no fault: the first time may have been cut short by anything.
    if target.exists() and _read(target) != content:
        raise ModelError(f"There is another model {name} already; remove it first.")
    _write(content, target, ONNX)
    return _registered(name)


def remove(name: str) -> None:
    """Delete a model that was added."""
    path = _named(name)
    if name in model_files.shipped():
        raise ModelError(f"The model {name} comes with img2music and can't be removed.")
    if model_files.choice() == name:
        raise ModelError(f"The model {name} is the default; choose another first, such as {DEFAULT}.")
    try:
        path.unlink()
    except OSError as error:
        raise InputError(f"can't be deleted: {reason_of(error)}.", str(path)) from None


def _registered(name: str) -> RegisteredModel:
    return next(model for model in models().models if model.name == name)


def _named(name: str) -> Path:
    models = model_files.known()
    if name in models:
        return models[name]
    if Path(name).is_file():
        raise ModelError(f"{printable(name)} is a file; add it first, then give its name.")
    raise ModelError(f"There is no model called {printable(name)}; there are: {model_files.listed(models)}.")


def _check(path: Path) -> ImageModel:
    """Load a model and let it read a picture."""
    model = ImageModel.load(path, threads=1)
    model.predict(np.full((1, model.side, model.side, 3), 127, dtype=np.uint8))
    return model


def _plain(name: str) -> bool:
    """Tell whether a name can be that of a file, on any system."""
    fits = 0 < len(os.fsencode(name)) <= MAX_NAME
    return fits and name.isprintable() and name == name.strip(" .") and not set(name) & set('/\\:*?"<>|')


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}.", str(path)) from None


def _write(content: bytes, file: Path, kind: FileKind) -> None:
    make_folder(file.parent)
    write_atomically(content, file, kind)
