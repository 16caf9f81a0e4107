"""A project as a file, to go on with on another machine: its sheet, and what its songs are told by there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from img2music.errors import InputError, UsageError, printable
from img2music.library.projects import ProjectRow
from img2music.library.record import Name
from img2music.shapes import Result, from_dict
from img2music.soundtrack.cue_sheet import CueSheet, CueTrack

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

SCHEMA: Final = "img2music/project/1"
NOT_TAKEN = {"pins", "bans", "image_model"}
"""Options that no project has which was begun from afar, as they name songs and files."""
NAMED = 5
"""Songs that are named where the library lacks some."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProjectFile(Result):
    """A project, as it is taken to another machine."""

    schema: Literal["img2music/project/1"] = field(default=SCHEMA)
    name: Name
    options: dict[str, Any]
    """How its music is chosen."""
    sheet: CueSheet
    sounds: dict[str, str] = field(default_factory=dict)
    """Hashes of the encoded sound of its songs, by their paths."""

    def to_dict(self) -> dict[str, Any]:
        """The documented shape ``img2music/project/1`` (docs/json.md)."""
        told = {"schema": self.schema, "name": self.name, "options": self.options}
        return told | {"sheet": self.sheet.to_dict(), "sounds": self.sounds}


def project_file(store: "LibraryStore", row: ProjectRow, sheet: CueSheet) -> ProjectFile:
    """Put a project into a file."""
    wanted = {track.id: track.path for track in _tracks(sheet) if track.id is not None}
    columns = store.columns(("id", "sound"))
    hashes = dict(zip(columns["id"].tolist(), columns["sound"].tolist(), strict=True))
    sounds = {path: hashes[id_] for id_, path in wanted.items() if id_ in hashes}
    return ProjectFile(name=row.name, options=dict(row.options), sheet=sheet, sounds=sounds)


def read_project(found: object, name: str) -> ProjectFile:
    """Read a project from what JSON held."""
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise InputError(f'is no project of this version of img2music ("schema" is not "{SCHEMA}").', name)
    project = from_dict(found, ProjectFile, name)
    if not_taken := sorted(NOT_TAKEN & project.options.keys()):
        raise InputError(f'has options that are not taken from a file ("{not_taken[0]}").', name)
    cues = tuple(replace(cue, computed_for=None) for cue in project.sheet.cues)
    return replace(project, sheet=replace(project.sheet, cues=cues))


def settled(store: "LibraryStore", project: ProjectFile, film: str) -> CueSheet:
    """The sheet with the film and the songs that are here, which are told by their sound, else by their paths.

    Of an album, photos stay as they are.
    """
    sheet = project.sheet
    here = dict(_here(store, sheet, project.sounds))
    lacking = dict.fromkeys(cue.track.display_name for cue in sheet.cues if cue.track.path not in here)
    if lacking:
        shown = "; ".join(map(printable, list(lacking)[:NAMED]))
        raise UsageError(f"The library lacks {len(lacking)} of the project's songs ({shown}): scan them first.")
    return _placed(sheet, here, film)


def located(store: "LibraryStore | None", project: ProjectFile, film: str | None) -> CueSheet:
    """The sheet for who has the files and need not have scanned them: songs that no library knows lie where it says."""
    known = {} if store is None else dict(_here(store, project.sheet, project.sounds))
    here = {track.path: known.get(track.path, track) for track in _tracks(project.sheet)}
    return _placed(project.sheet, here, project.sheet.film.path if film is None else film)


def _placed(sheet: CueSheet, here: Mapping[str, CueTrack], film: str) -> CueSheet:
    cues = tuple(
        replace(
            cue,
            track=here[cue.track.path],
            alternatives=tuple(
                replace(each, track=here[each.track.path]) for each in cue.alternatives if each.track.path in here
            ),
        )
        for cue in sheet.cues
    )
    banned = tuple(here[each.path] for each in sheet.banned if each.path in here)
    if sheet.slideshow is None:
        sheet = replace(sheet, film=replace(sheet.film, path=film))
    return replace(sheet, cues=cues, banned=banned)


def _tracks(sheet: CueSheet) -> Iterator[CueTrack]:
    for cue in sheet.cues:
        yield cue.track
        yield from (each.track for each in cue.alternatives)
    yield from sheet.banned


def _here(store: "LibraryStore", sheet: CueSheet, sounds: Mapping[str, str]) -> Iterator[tuple[str, CueTrack]]:
    columns = store.columns(("id", "sound"))
    ids = dict(zip(columns["sound"].tolist()[::-1], columns["id"].tolist()[::-1], strict=True))
    for path, was in {each.path: each for each in _tracks(sheet)}.items():
        known = ids.get(sounds.get(path, ""))
        found = store.find(path) if known is None else next(iter(store.tracks([known])), None)
        if found is not None and found.path is not None:
            yield path, replace(was, id=found.id, path=found.path, duration=found.duration)
