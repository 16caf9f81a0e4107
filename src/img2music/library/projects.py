"""Projects: films with their music, kept with every step of the work on them, so that each can be undone.

A step holds the whole sheet, as text of which nothing is known here. One of the steps holds; what comes after it can be
redone, until something else is done. Every change gives a project another revision, and names the one that it was made
from: two people, or two windows, can't overwrite each other's work unseen.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from img2music.errors import ConflictError, printable
from img2music.library.record import now, require_name
from img2music.library.schema import Connecting, project_steps, projects

MOST_STEPS = 1000
"""Steps of a project that are kept; then the first go."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done in a step."""

    kind: str
    """Of the edit, such as "border"; "spot" for the choice of all music."""
    cue: int | None = None
    """Number of the cue that it was done to, 0 for the first."""


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as it is stored."""

    id: int
    name: str
    film: str  # its path
    options: Mapping[str, Any]  # how its music is chosen
    created: str  # in UTC, as all times
    updated: str
    revision: int
    position: int  # of the step that holds
    sheet: str | None  # that holds, or the draft before there is any; None before that
    undo: Change | None  # what would be undone
    redo: Change | None

    @property
    def is_draft(self) -> bool:
        """Whether its sheet is only for the beginning of the film, which is being read."""
        return self.sheet is not None and not self.position


def digest_of(sheet: str) -> str:
    """What tells two sheets apart."""
    return hashlib.blake2b(sheet.encode("ascii"), digest_size=16).hexdigest()


class ProjectTable:
    """The projects of a library."""

    def __init__(self, reading: Connecting, writing: Connecting) -> None:
        self._reading, self._writing = reading, writing

    def all(self) -> list[ProjectRow]:
        """Read all, the last changed first."""
        with self._reading() as connection:
            ids = connection.scalars(sa.select(projects.c.id).order_by(projects.c.updated.desc(), projects.c.id)).all()
            return [_found(connection, id_) for id_ in ids]

    def films(self) -> set[str]:
        """The paths of their films."""
        with self._reading() as connection:
            return set(connection.scalars(sa.select(projects.c.film)))

    def find(self, id: int) -> ProjectRow:  # noqa: A002
        """Read one; a `KeyError` if there is none."""
        with self._reading() as connection:
            return _found(connection, id)

    def reading(self, id: int) -> bytes | None:  # noqa: A002
        """Read what was read in its film, if that was stored."""
        with self._reading() as connection:
            return connection.scalar(sa.select(projects.c.reading).where(projects.c.id == id))

    def sheet(self, id: int, position: int, digest: str) -> str:  # noqa: A002
        """Read the sheet of a step; a `KeyError` if it is not what it was."""
        where = (project_steps.c.project_id == id, project_steps.c.position == position)
        with self._reading() as connection:
            stored = connection.scalar(sa.select(project_steps.c.sheet).where(*where))
        if stored is None or digest_of(sheet := zlib.decompress(stored).decode("ascii")) != digest:
            raise KeyError(position)
        return sheet

    def add(self, name: str, film: str, options: Mapping[str, Any]) -> ProjectRow:
        """Store a new one, which has no sheet yet."""
        require_name(name, "name")
        moment = now()
        values = {"name": name, "film": film, "options": json.dumps(options), "created": moment, "updated": moment}
        with self._writing() as connection:
            added = sa.insert(projects).values(values | {"revision": 1, "position": 0}).returning(projects.c.id)
            return _found(connection, connection.execute(added).scalar_one())

    def rename(self, id: int, revision: int, name: str) -> ProjectRow:  # noqa: A002
        """Give one another name."""
        require_name(name, "name")
        return self._changed(id, revision, {"name": name})

    def remove(self, id: int, revision: int) -> None:  # noqa: A002
        """Forget one, with all its steps."""
        with self._writing() as connection:
            _seen(connection, id, revision)
            connection.execute(sa.delete(projects).where(projects.c.id == id))

    def put(
        self,
        id: int,  # noqa: A002
        revision: int | None,
        change: Change,
        sheet: str,
        *,
        reading: bytes | None = None,
    ) -> ProjectRow:
        """Store a step after the one that holds, which then holds; what could be redone is forgotten.

        Whatever was done meanwhile, if no revision is given: it can be undone.
        """
        with self._writing() as connection:
            position = _seen(connection, id, revision)
            steps = sa.delete(project_steps).where(project_steps.c.project_id == id)
            connection.execute(steps.where(project_steps.c.position > position))
            connection.execute(steps.where(project_steps.c.position <= max(0, position + 1 - MOST_STEPS)))
            step = {"project_id": id, "position": position + 1, "kind": change.kind, "cue": change.cue}
            step |= {"created": now(), "sheet": zlib.compress(sheet.encode("ascii"))}
            connection.execute(sa.insert(project_steps).values(step))
            read = {} if reading is None else {"reading": reading}
            _change(connection, id, {"position": position + 1} | read)
            return _found(connection, id)

    def draft(self, id: int, sheet: str, reading: bytes) -> None:  # noqa: A002
        """Store a sheet that holds until there is a first step, in place of the one before; then it is left out."""
        step = {"project_id": id, "position": 0, "kind": "draft", "created": now()}
        with self._writing() as connection:
            if _seen(connection, id, None) == 0:
                connection.execute(sa.delete(project_steps).where(project_steps.c.project_id == id))
                drafted = sa.insert(project_steps).values(step | {"sheet": zlib.compress(sheet.encode("ascii"))})
                connection.execute(drafted)
                _change(connection, id, {"reading": reading})

    def keep(self, id: int, reading: bytes) -> None:  # noqa: A002
        """Store what was read in its film, which changes nothing else."""
        with self._writing() as connection:
            connection.execute(sa.update(projects).where(projects.c.id == id).values(reading=reading))

    def undo(self, id: int, revision: int) -> ProjectRow:  # noqa: A002
        """Let the step before hold again; the same if there is none."""
        return self._moved(id, revision, -1)

    def redo(self, id: int, revision: int) -> ProjectRow:  # noqa: A002
        """Let the step after hold again; the same if there is none."""
        return self._moved(id, revision, 1)

    def _moved(self, id_: int, revision: int, by: int) -> ProjectRow:
        with self._writing() as connection:
            position = _seen(connection, id_, revision) + by
            if _step(connection, id_, position) is not None:
                _change(connection, id_, {"position": position})
            return _found(connection, id_)

    def _changed(self, id_: int, revision: int, values: Mapping[str, Any]) -> ProjectRow:
        with self._writing() as connection:
            _seen(connection, id_, revision)
            _change(connection, id_, values)
            return _found(connection, id_)


def _found(connection: sa.Connection, id_: int) -> ProjectRow:
    columns = [column for column in projects.c if column is not projects.c.reading]
    row = connection.execute(sa.select(*columns).where(projects.c.id == id_)).first()
    if row is None:
        raise KeyError(id_)
    current, before, after = (_step(connection, id_, row.position + by) for by in (0, -1, 1))
    sheet = None
    if current is not None:
        where = (project_steps.c.project_id == id_, project_steps.c.position == row.position)
        stored = connection.execute(sa.select(project_steps.c.sheet).where(*where)).scalar_one()
        sheet = zlib.decompress(stored).decode("ascii")
    return ProjectRow(
        id=row.id,
        name=row.name,
        film=row.film,
        options=json.loads(row.options),
        created=row.created,
        updated=row.updated,
        revision=row.revision,
        position=row.position,
        sheet=sheet,
        undo=current if before is not None else None,
        redo=after,
    )


def _step(connection: sa.Connection, id_: int, position: int) -> Change | None:
    columns = sa.select(project_steps.c.kind, project_steps.c.cue)
    where = columns.where(project_steps.c.project_id == id_, project_steps.c.position == position)
    row = connection.execute(where).first()
    return None if row is None else Change(*row)


def _seen(connection: sa.Connection, id_: int, revision: int | None) -> int:
    """The position of the step that holds; refused if the project was changed since it was read."""
    columns = sa.select(projects.c.name, projects.c.revision, projects.c.position)
    row = connection.execute(columns.where(projects.c.id == id_).with_for_update()).first()
    if row is None:
        raise KeyError(id_)
    if revision is not None and row.revision != revision:
        raise ConflictError(f"The project {printable(row.name)} was changed meanwhile: read it again, and go on there.")
    return int(row.position)


def _change(connection: sa.Connection, id_: int, values: Mapping[str, Any]) -> None:
    changed = sa.update(projects).where(projects.c.id == id_)
    connection.execute(changed.values(**values, updated=now(), revision=projects.c.revision + 1))
