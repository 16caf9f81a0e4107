"""A trained stack in a folder: read without scikit-learn, and with nothing in it that could run as code."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.files import FileKind, write_atomically
from img2music.music.song import Song
from img2music.research.songs.groups import InputGroup
from img2music.research.songs.inputs import restore_group
from img2music.research.songs.networks import open_network, read_file, run_network, write_network

Floats = NDArray[np.float64]

FILE = "model.json"
SCHEMA = "img2music/song-model/1"
DESCRIPTION = FileKind.json("a song model", SCHEMA)
AXES = ("valence", "arousal")
LARGEST = 16_000_000
SLACK = 1e-6
"""How far the sum of shares may be from 1."""
ROWS = 4096
"""Songs that are predicted at a time."""


@dataclass(frozen=True)
class StackFiles:
    """The regressors of one target as ONNX, in the order in which they are run."""

    bases: tuple[bytes, ...]  # each takes all inputs
    shares: tuple[float, ...]  # how much each counts in the mean of what they give
    meta: bytes  # takes what the bases give, and gives what is to be added to their mean
    weight: float  # how much of that is added


@dataclass(frozen=True)
class _Networks:
    """The regressors of one target, open."""

    bases: list[Any]
    shares: Floats
    meta: Any
    weight: float

    def sound(self) -> bool:
        whole = len(self.bases) > 0 and bool(np.isfinite(self.shares).all()) and bool((self.shares >= 0).all())
        return whole and abs(float(self.shares.sum()) - 1.0) < SLACK and 0.0 <= self.weight <= 1.0

    def predict(self, inputs: NDArray[np.float32]) -> Floats:
        between = np.column_stack([run_network(base, inputs) for base in self.bases])
        found = between @ self.shares + self.weight * run_network(self.meta, between)
        return np.asarray(np.clip(found, 0.0, 1.0), dtype=np.float64)


class SongModel:
    """Reads the affect of songs from their columns and lyrics."""

    def __init__(
        self, groups: Sequence[InputGroup], stacks: Mapping[str, "_Networks"], facts: Mapping[str, Any]
    ) -> None:
        self._groups = groups
        self._stacks = stacks
        self.facts = facts

    @property
    def name(self) -> str:
        """What tracks are marked with that it has read: another training gives another name."""
        description = json.dumps(self.facts, sort_keys=True).encode()
        return f"songs/{hashlib.sha256(description).hexdigest()[:8]}"

    @property
    def targets(self) -> tuple[str, ...]:
        """What it predicts: "valence", "arousal" or both."""
        return tuple(self._stacks)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of its groups of inputs."""
        return tuple(group.name for group in self._groups)

    @classmethod
    def load(cls, folder: Path, embedding: InputGroup | None = None, lexicon: Path | None = None) -> Self:
        """Read what ``img2music train music`` wrote."""
        where = printable(str(folder))
        facts = read_facts(folder)
        try:
            groups = [
                restore_group(group["name"], group["facts"], folder, embedding, lexicon) for group in facts["inputs"]
            ]
            stacks = {}
            for axis, stack in facts["targets"].items():
                if axis not in AXES:
                    raise ModelError(f"{where} predicts {axis!r}, which is neither valence nor arousal.")
                stacks[axis] = _Networks(
                    [open_network(folder, base, facts["columns"]) for base in stack["bases"]],
                    np.array([float(base["share"]) for base in stack["bases"]]),
                    open_network(folder, stack["meta"], len(stack["bases"])),
                    float(stack["weight"]),
                )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"{where} lacks part of its description ({error!r}).") from None
        if not groups or not stacks or not all(stack.sound() for stack in stacks.values()):
            raise ModelError(f"{where} describes a model without inputs or regressors.")
        return cls(groups, stacks, facts)

    def predict(self, songs: Sequence[Song]) -> Floats:
        """Read the affect of songs."""
        affect = np.full((len(songs), 2), np.nan)
        able = [number for number, song in enumerate(songs) if all(group.lacks(song) is None for group in self._groups)]
        for start in range(0, len(able), ROWS):
            places = able[start : start + ROWS]
            affect[places] = self._predict([songs[place] for place in places])
        return affect

    def _predict(self, songs: Sequence[Song]) -> Floats:
        inputs = np.hstack([group.transform(songs) for group in self._groups]).astype(np.float32)
        if inputs.shape[1] != self.facts["columns"]:
            raise ModelError(f"The model takes {self.facts['columns']} inputs, and its groups give {inputs.shape[1]}.")
        affect = np.full((len(songs), 2), np.nan)
        for axis, stack in self._stacks.items():
            affect[:, AXES.index(axis)] = stack.predict(inputs)
        return affect


def save_model(
    folder: Path, groups: Sequence[InputGroup], stacks: Mapping[str, StackFiles], columns: int, about: Mapping[str, Any]
) -> None:
    """Write a model that `SongModel.load` reads."""
    facts: dict[str, Any] = {
        "schema": SCHEMA,
        "columns": columns,
        "inputs": [{"name": group.name, "facts": group.save(folder)} for group in groups],
        "targets": {},
        **about,
    }
    for axis, stack in stacks.items():
        named = {f"{axis}-{number}.onnx": content for number, content in enumerate(stack.bases, start=1)}
        written = [write_network(folder / name, content) for name, content in named.items()]
        bases = [{**one, "share": share} for one, share in zip(written, stack.shares, strict=True)]
        meta = write_network(folder / f"{axis}-stack.onnx", stack.meta)
        facts["targets"][axis] = {"bases": bases, "meta": meta, "weight": stack.weight}
    # Last: until it is replaced, the description tells that the other files are not its own.
    write_atomically(json.dumps(facts, indent=2, allow_nan=False).encode() + b"\n", folder / FILE, DESCRIPTION)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read the description of a model."""
    where = printable(str(folder))
    if not folder.is_dir():
        raise ModelError(f"{where} is no folder with a song model; train one with: img2music train music")
    try:
        facts = json.loads(read_file(folder, FILE, LARGEST))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: {FILE} is damaged ({error}).") from None
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise ModelError(f"{where} holds no song model that this version reads ({SCHEMA}).")
    return facts
