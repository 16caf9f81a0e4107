"""What people say of tracks and pictures: it is said, listed, taken back, given out and taken in."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from img2music.affect import Affect
from img2music.arguments import checked
from img2music.connectors.folders import is_picture
from img2music.errors import InputError, UsageError, printable
from img2music.files import FileKind, write_atomically
from img2music.formats import Format, Formats
from img2music.library.feedback import csv_columns, csv_row
from img2music.library.record import Feedback, FeedbackKind, JudgedPicture, JudgedTrack, now, require_name
from img2music.library.schema import SAID
from img2music.library.workers import content_of
from img2music.locations import absolute, is_file
from img2music.options import ME, AnyPath
from img2music.shapes import Result, from_dict
from img2music.track import Track

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

AnyTrack = Track | int | AnyPath
"""A track, its number, or its file or identifier."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FeedbackList(Result):
    """What people said of tracks and pictures."""

    schema: Literal["img2music/feedback/1"] = field(default="img2music/feedback/1")
    feedback: list[Feedback]
    """In order of time."""

    def to_csv(self) -> str:
        """The same as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(csv_columns())
        writer.writerows(map(csv_row, self.feedback))
        return text.getvalue()


@dataclass(frozen=True)
class FeedbackFormat(Format):
    """A format of feedback."""

    write: Callable[[FeedbackList], str]


FORMATS = Formats(
    "a file of feedback",
    FeedbackFormat("json", FileKind.json("feedback", "img2music/feedback/1"), FeedbackList.to_json),
    FeedbackFormat("csv", FileKind.csv("feedback as CSV", csv_columns()), FeedbackList.to_csv),
)


class LibraryFeedback:
    """What people say of the tracks of a library and of pictures; `Library.feedback` is one.

    A track is given as a `Track`, by its number, its file or its identifier; a file that the library does not hold is
    listened to. It is known by what is in it, so that what was said holds when a file is moved, tagged or scanned
    again. Every method raises `InputError` if a file can't be read, and `UsageError` if there is no such track.

    Examples
    --------
    >>> import img2music
    >>> with img2music.Library.open("music.db") as library:
    ...     library.feedback.affect("photo.jpg", valence=0.3, arousal=0.8)
    ...     library.feedback.never("Music/Red.flac")
    ...     library.feedback.undo()
    ...     for said in library.feedback:
    ...         print(said.person, said.kind, said.affect)
    """

    def __init__(self, store: "LibraryStore") -> None:
        self._store = store

    @checked
    def affect(
        self,
        item: AnyTrack,
        valence: float,
        arousal: float,
        *,
        person: str = ME,
        image_model: AnyPath | None = None,
        name: str | None = None,
    ) -> Feedback:
        """Say what a picture or a track feels like; readings of others are corrected by that, for this person.

        Parameters
        ----------
        item : str, path-like, Track or int
            A picture, by its path, or a track.
        valence, arousal : float
            From 0 to 1.
        person : str
            Who says it.
        image_model : str or path-like, optional
            As `analyze` takes it.
        name : str, optional
            What the picture is called, where its file is a copy; without it, by its path.

        Returns
        -------
        Feedback
            As it was stored.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     library.feedback.affect("photo.jpg", valence=0.3, arousal=0.8)
        """
        felt = Affect(valence, arousal)
        path = os.fsdecode(item) if isinstance(item, str | os.PathLike) else None
        if path is not None and os.path.isfile(path) and is_picture(path):  # noqa: PTH113 - names may be any bytes
            return self._say(FeedbackKind.AFFECT, person, felt=felt, picture=_picture(path, image_model, name))
        return self._say(FeedbackKind.AFFECT, person, felt=felt, track=self._track(item))

    @checked
    def position(
        self,
        picture: AnyPath,
        valence: float,
        arousal: float,
        *,
        person: str = ME,
        image_model: AnyPath | None = None,
        name: str | None = None,
    ) -> Feedback:
        """Say what a picture feels like by where it belongs in the space of the match, as a plot of it shows that.

        Parameters
        ----------
        picture : str or path-like
        valence, arousal : float
            From 0 to 1, as in `Recommendation.position` of a relative match: how pleasant and how exciting the songs
            are among the library's that go with it.
        person : str
            Who says it.
        image_model : str or path-like, optional
            As `analyze` takes it.
        name : str, optional
            What the picture is called, where its file is a copy; without it, by its path.

        Returns
        -------
        Feedback
            As it was stored, with the affect of which this is the position. Whatever is said of other pictures, a
            relative match takes this one to be there.
        """
        from img2music.app.person import Listener
        from img2music.vision.model import ImageModel

        there = Affect(valence, arousal)
        sample = ImageModel.load(image_model).reference
        felt = Listener.of(self._store, person).picture_at((there.valence, there.arousal), sample)
        judged = _picture(os.fsdecode(picture), image_model, name)
        return self._say(FeedbackKind.AFFECT, person, felt=felt, position=there, picture=judged)

    @checked
    def like(self, track: AnyTrack, *, person: str = ME) -> Feedback:
        """Say that one likes a track: of songs that fit about as well it comes first.

        Parameters
        ----------
        track : Track, int, str or path-like
        person : str
            Who says it.

        Returns
        -------
        Feedback
            As it was stored.
        """
        return self._say(FeedbackKind.LIKE, person, track=self._track(track))

    @checked
    def never(self, track: AnyTrack, *, person: str = ME) -> Feedback:
        """Say that one never wants a track: neither it nor its copies are chosen for anything any more.

        Parameters
        ----------
        track : Track, int, str or path-like
        person : str
            Who says it.

        Returns
        -------
        Feedback
            As it was stored.
        """
        return self._say(FeedbackKind.NEVER, person, track=self._track(track))

    @checked
    def fits(
        self,
        track: AnyTrack,
        picture: AnyPath,
        *,
        person: str = ME,
        image_model: AnyPath | None = None,
        name: str | None = None,
    ) -> Feedback:
        """Say that a track fits a picture: of songs that fit that about as well it comes first.

        Parameters
        ----------
        track : Track, int, str or path-like
        picture : str or path-like
        person : str
            Who says it.
        image_model : str or path-like, optional
            As `analyze` takes it.
        name : str, optional
            What the picture is called, where its file is a copy; without it, by its path.

        Returns
        -------
        Feedback
            As it was stored.
        """
        judged = _picture(os.fsdecode(picture), image_model, name)
        return self._say(FeedbackKind.FITS, person, track=self._track(track), picture=judged)

    @checked
    def unfit(
        self,
        track: AnyTrack,
        picture: AnyPath,
        *,
        person: str = ME,
        image_model: AnyPath | None = None,
        name: str | None = None,
    ) -> Feedback:
        """Say that a track does not fit a picture: it is not chosen for that any more.

        Parameters
        ----------
        track : Track, int, str or path-like
        picture : str or path-like
        person : str
            Who says it.
        image_model : str or path-like, optional
            As `analyze` takes it.
        name : str, optional
            What the picture is called, where its file is a copy; without it, by its path.

        Returns
        -------
        Feedback
            As it was stored.
        """
        judged = _picture(os.fsdecode(picture), image_model, name)
        return self._say(FeedbackKind.UNFIT, person, track=self._track(track), picture=judged)

    @checked
    def list(self, person: str | None = None) -> FeedbackList:
        """Read what was said.

        Parameters
        ----------
        person : str, optional
            Only by this person.

        Returns
        -------
        FeedbackList
        """
        return FeedbackList(feedback=self._store.feedback(person))

    def __iter__(self) -> Iterator[Feedback]:
        return iter(self._store.feedback())

    @checked
    def tendencies(self, *, person: str = ME) -> tuple[str, ...]:
        """Tell in words what is made of what a person said things feel like.

        Parameters
        ----------
        person : str
            Who said it.

        Returns
        -------
        tuple of str
            A sentence for each notable part.
        """
        from img2music.matching.person import Person

        return tuple(Person.known(self._store, self._store.feedback(person)).tendencies())

    @checked
    def undo(self, id: int | None = None, *, person: str = ME) -> Feedback:  # noqa: A002
        """Take back what a person said last, or what has a number; what was said before that holds again.

        Parameters
        ----------
        id : int, optional
            Its number.
        person : str
            Who said it.

        Returns
        -------
        Feedback
            What was taken back.

        Raises
        ------
        UsageError
            If that person said nothing, or nothing of that number.
        """
        with self._store.writing(SAID) as transaction:
            said = transaction.feedback(person)
            found = said[-1:] if id is None else [each for each in said if each.id == id]
            if not found:
                what = "nothing" if id is None else f"nothing of number {id}"
                raise UsageError(f"{printable(person)} said {what}, so there is nothing to take back.")
            transaction.remove_feedback(found[0].id)
        return found[0]

    @checked
    def export(self, file: AnyPath, format: str | None = None, *, person: str | None = None) -> int:  # noqa: A002
        """Write what was said to a file.

        Parameters
        ----------
        file : str or path-like
            JSON, which `import_file` reads, or CSV, by its ending; an older file of the same kind is replaced.
        format : str, optional
            "json" or "csv", where the ending does not tell.
        person : str, optional
            Only by this person.

        Returns
        -------
        int
            How much was said.

        Raises
        ------
        UsageError, InputError
            If there is no such format, or the file can't be written or would replace something else.
        """
        chosen, found = FORMATS.chosen(format, file), self.list(person)
        text = chosen.write(found)
        # In CSV a byte of a path that is not UTF-8 becomes a backslash escape, as in a list of tracks.
        write_atomically(text.encode("utf-8", "backslashreplace"), Path(file), chosen.kind)
        return len(found.feedback)

    @checked
    def import_file(self, file: AnyPath) -> int:
        """Read what `export` has written as JSON; what was said already is not said twice.

        Parameters
        ----------
        file : str or path-like

        Returns
        -------
        int
            How much of it is new.

        Raises
        ------
        InputError
            If it is no such file; then nothing is stored.
        """
        name = os.fsdecode(file)
        try:
            read = json.loads(Path(file).read_bytes())
        except OSError as error:
            raise InputError(f"can't be read: {error.strerror or error}.", name) from None
        except (ValueError, RecursionError):
            raise InputError("is no JSON: give what was exported as JSON.", name) from None
        found = from_dict(read, FeedbackList, name).feedback
        with self._store.writing(SAID) as transaction:
            return transaction.put_feedback(found)

    def _say(
        self,
        kind: FeedbackKind,
        person: str,
        *,
        felt: Affect | None = None,
        position: Affect | None = None,
        track: JudgedTrack | None = None,
        picture: JudgedPicture | None = None,
    ) -> Feedback:
        require_name(person, "person")
        about = {"affect": felt, "position": position, "track": track, "picture": picture}
        with self._store.writing(SAID) as transaction:
            moment = max(now(), transaction.last_said(person))  # the clock may have been set back
            entry = Feedback(id=0, person=person, said=moment, kind=kind, **about)  # type: ignore[arg-type]
            (number,) = transaction.add_feedback([entry])
        return replace(entry, id=number)

    def _track(self, track: AnyTrack) -> JudgedTrack:
        return _judged(track if isinstance(track, Track) else self._found(track))

    def _found(self, name: int | AnyPath) -> Track:
        from img2music.matching.query_reading import read_queries

        text = f"#{name}" if isinstance(name, int) else os.fsdecode(name)
        found = self._store.find_any(text)
        if found is not None:
            return found
        if not is_file(text):
            raise UsageError(
                f"The library has no song {printable(text)!r}, and there is no such file: give its number (#17), file "
                "or identifier."
            )
        read = read_queries([text], self._store)
        for error in read.errors:
            raise error
        (query,) = read.queries
        if query.track is None:
            raise InputError("this is a picture, and a song is wanted.", text)
        return query.track


def _judged(track: Track) -> JudgedTrack:
    names = ("identifier", "title", "artist", "genre", "duration", "content", "sound", "affect")
    path = None if track.path is None else absolute(track.path)
    return JudgedTrack(path=path, model=track.analyzer, **{name: getattr(track, name) for name in names})


def _picture(path: str, image_model: AnyPath | None, name: str | None) -> JudgedPicture:
    from img2music.app.pictures import read_picture

    read = read_picture(path, image_model)
    return JudgedPicture(
        path=name or os.path.abspath(path),  # noqa: PTH100 - names may be any bytes
        content=content_of(path),
        affect=read.affect,
        model=read.model,
    )


def judged(store: "LibraryStore", person: str) -> tuple[list[int], set[int]]:
    """Tracks that a person likes, and those that they never want: what was said last holds."""
    try:
        said = store.feedback(person)
    except UsageError:  # has said nothing yet
        said = []
    said = [each for each in said if each.kind in (FeedbackKind.LIKE, FeedbackKind.NEVER)]
    likes: dict[int, bool] = {}
    tracks = store.judged([each.track for each in said if each.track is not None])
    for each, ids in zip(said, tracks, strict=True):
        for id_ in ids:
            likes.pop(id_, None)
            likes[id_] = each.kind is FeedbackKind.LIKE
    return [id_ for id_, yes in likes.items() if yes], {id_ for id_, yes in likes.items() if not yes}
