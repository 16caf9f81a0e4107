"""What runs on the nodes of a cluster."""

import hashlib
import pickle
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from img2music import __version__
from img2music.connectors.folders import FileState
from img2music.errors import InputError
from img2music.library.executors import ENOUGH, MEMORY, limit_memory, within_memory
from img2music.locations import exists, reached


@dataclass(frozen=True, slots=True)
class Versions:
    """What has to be the same on every machine for an analysis to be the same."""

    img2music: str
    python: str
    analyzer: str
    models: str
    """Hash of the models that listen."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """What comes of a file that this node does not see."""

    error: InputError


def versions() -> Versions:
    """Tell what this machine analyses with."""
    from img2music.music.audio.analyzer import ANALYZER

    digest = hashlib.blake2b(digest_size=6)
    for folder in (files("img2music.music.audio") / "models", files("vibenet.artifacts")):
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith((".json", ".onnx")):
                digest.update(file.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    return Versions(__version__, python, ANALYZER, digest.hexdigest())


def look(folders: Sequence[str]) -> tuple[Versions, list[str]]:
    """Tell what this node analyses with, and which folders it can't list."""
    return versions(), [folder for folder in folders if not reached(folder)]


class Worker:
    """An actor that looks into files, one at a time; it holds the models once they are loaded."""

    def __init__(self) -> None:
        import ray

        self._node = ray.get_runtime_context().get_node_id()
        (resources,) = (node["Resources"] for node in ray.nodes() if node["NodeID"] == self._node)
        share = int(resources.get("memory", 0) / max(resources.get("CPU", 1), 1))
        self._memory = max(share, min(MEMORY, ENOUGH))
        limit_memory(self._memory)

    def introduce(self) -> tuple[str, Versions]:
        """Tell on which node it is, and what it analyses with."""
        return self._node, versions()

    def run(self, work: Callable[[FileState], Any], file: FileState) -> Any:
        """Look into a file; an error is given, not raised: Ray would wrap it."""
        try:
            return within_memory(work, file, self._memory)
        except InputError as error:
            return error if exists(file.path) else Unseen(error)
        except Exception as error:  # noqa: BLE001 - whatever a file does to a decoder, the rest of the batch goes on
            return _portable(error)


def _portable(error: Exception) -> Exception:
    """Make an error one that another process can read."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - it was made here
    except Exception:  # noqa: BLE001 - whatever its class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
