"""A trained stack in a folder: read without scikit-learn, and with nothing in it that could run as code."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from img2music.errors import ModelError, printable
from img2music.files import FileKind
from img2music.music.song import Song
from img2music.research.songs.groups import Floats, InputGroup
from img2music.research.songs.inputs import restore_group
from img2music.research.songs.model_files import NetworkFile, OpenNetwork, checked, read_json, write_json
from img2music.shapes import to_dict

FILE = "model.json"
SCHEMA = "img2music/song-model/1"
DESCRIPTION = FileKind.json("a song model", SCHEMA)
AXES = ("valence", "arousal")
SLACK = 1e-6
"""How far the sum of shares may be from 1."""
ROWS = 4096
"""Songs that are predicted at a time."""

Share = Annotated[float, Meta(ge=0.0, le=1.0 + SLACK)]


@dataclass(frozen=True)
class GroupFacts:
    """What a description says of a group of inputs."""

    name: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class BaseFile(NetworkFile):
    """A regressor of a stack: it takes all inputs."""

    share: Share  # how much it counts in the mean of what the bases give


@dataclass(frozen=True)
class StackFiles:
    """The regressors of one target."""

    bases: Annotated[list[BaseFile], Meta(min_length=1)]
    meta: NetworkFile  # takes what the bases give, and gives what is to be added to their mean
    weight: Share  # how much of that is added

    def __post_init__(self) -> None:
        if abs(sum(base.share for base in self.bases) - 1.0) > SLACK:
            raise ValueError("shares do not make 1")


@dataclass(frozen=True)
class Description:
    """What ``model.json`` says for predicting; what was trained on and chosen stands there, too."""

    columns: int  # inputs in all
    inputs: Annotated[list[GroupFacts], Meta(min_length=1)]
    targets: Annotated[dict[Literal["valence", "arousal"], StackFiles], Meta(min_length=1)]


@dataclass(frozen=True)
class _OpenStack:
    """The regressors of one target, open."""

    bases: list[OpenNetwork]
    shares: Floats
    meta: OpenNetwork
    weight: float

    def predict(self, inputs: NDArray[np.float32]) -> Floats:
        between = np.column_stack([base.predict(inputs) for base in self.bases])
        found = between @ self.shares + self.weight * self.meta.predict(between)
        return np.asarray(np.clip(found, 0.0, 1.0), dtype=np.float64)


class SongModel:
    """Reads the affect of songs from their columns and lyrics."""

    def __init__(
        self, groups: Sequence[InputGroup], stacks: Mapping[str, _OpenStack], facts: Mapping[str, Any]
    ) -> None:
        self._groups = groups
        self._stacks = stacks
        self._columns = facts["columns"]
        # Tracks that it has read are marked with it; another training gives another name.
        self.name = f"songs/{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]}"
        self.targets = tuple(stacks)  # "valence", "arousal" or both
        self.inputs = tuple(group.name for group in groups)

    @classmethod
    def load(cls, folder: Path, given: InputGroup | None = None) -> Self:
        """Read what training wrote; ``given`` are lyric embeddings that are ready, if it was trained with any."""
        facts = read_facts(folder)
        described = checked(facts, Description, folder / FILE)
        groups = [restore_group(group.name, group.facts, folder, given) for group in described.inputs]
        stacks = {
            str(axis): _OpenStack(
                [base.open(folder, described.columns) for base in stack.bases],
                np.array([base.share for base in stack.bases]),
                stack.meta.open(folder, len(stack.bases)),
                stack.weight,
            )
            for axis, stack in described.targets.items()
        }
        return cls(groups, stacks, facts)

    def predict(self, songs: Sequence[Song]) -> Floats:
        """Read affects on the unit scale, shape (n, 2); NaN where a song lacks an input or an axis is not predicted."""
        affect = np.full((len(songs), 2), np.nan)
        able = [index for index, song in enumerate(songs) if all(group.lacks(song) is None for group in self._groups)]
        for start in range(0, len(able), ROWS):
            chosen = able[start : start + ROWS]
            part = [songs[index] for index in chosen]
            inputs = np.hstack([group.transform(part) for group in self._groups]).astype(np.float32)
            if inputs.shape[1] != self._columns:
                raise ModelError(f"The model takes {self._columns} inputs, and its groups give {inputs.shape[1]}.")
            for axis, stack in self._stacks.items():
                affect[chosen, AXES.index(axis)] = stack.predict(inputs)
        return affect


def save_model(
    folder: Path, groups: Sequence[InputGroup], stacks: Mapping[str, StackFiles], columns: int, about: Mapping[str, Any]
) -> None:
    """Write the description of a model that `SongModel.load` reads, beside its regressors.

    Last: until it is replaced, the description tells that the other files are not its own.
    """
    inputs = [GroupFacts(group.name, group.save(folder)) for group in groups]
    described = to_dict(Description(columns, inputs, dict(stacks)))  # type: ignore[arg-type]
    write_json({"schema": SCHEMA, **described, **about}, folder / FILE, DESCRIPTION, indent=2)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read the description of a model."""
    where = printable(str(folder))
    if not folder.is_dir():
        raise ModelError(f"{where} is no folder with a song model; train one first.")
    facts = read_json(folder, FILE)
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise ModelError(f"{where} holds no song model that this version reads ({SCHEMA}).")
    return facts
