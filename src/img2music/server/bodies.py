"""What is sent to the server: nothing that is not declared is taken."""

import dataclasses
import functools
import operator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, SecretStr, create_model

from img2music.affect import Affect
from img2music.app.job_work import Rendering
from img2music.connectors.registry import KINDS
from img2music.errors import UsageError
from img2music.filters import MOST_WISHES, TrackFilter
from img2music.library.playlists import MOST_SONGS
from img2music.library.record import LONGEST_NAME
from img2music.matching.smoothing import MOST
from img2music.options import ME, ExchangeOptions, SlideshowOptions, SpotOptions
from img2music.server.uploads import MOST_COUNT
from img2music.soundtrack.editing import EDITS, Edit
from img2music.soundtrack.slideshow.rearranging import ALBUM_EDITS, AlbumEdit
from img2music.track import LONGEST as LONGEST_TAG

MOST_MATCHES = 500
LONGEST_PATH = LONGEST_SECRET = 4096
LONGEST = 200
"""Characters of a name or a word."""

PictureId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
FolderId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
SongId = PictureId
TrackId = Annotated[int, Field(ge=1, lt=2**63)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Person = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Text = Annotated[str, Field(max_length=LONGEST)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


KindName = Annotated[str, Field(json_schema_extra={"enum": [*KINDS]})]


class Body(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class OneOf(Body):
    """A body of which exactly one field is given."""

    @property
    def given(self) -> str:
        """The name of that field."""
        names = [name for name, value in self if value is not None]
        if len(names) != 1:
            raise UsageError(f"Give exactly one of {', '.join(type(self).model_fields)}.")
        return names[0]


class Point(Body):
    """A point of the affect plane."""

    valence: Unit
    arousal: Unit

    @property
    def affect(self) -> Affect:
        """The same as an affect."""
        return Affect(self.valence, self.arousal)


class Password(Body):
    """What one logs in with."""

    password: str = Field(max_length=1000, description="The password, or the token.")


class Asked(OneOf):
    """What songs are looked for with: one of these."""

    picture: PictureId | None = None
    pictures: list[PictureId] | None = Field(
        None, min_length=1, max_length=MOST_COUNT, description="One playlist through all of them, in this order."
    )
    song: SongId | None = Field(None, description="One that was sent.")
    track: TrackId | None = Field(None, description="One of the library's.")
    point: Point | None = None
    emotion: Text | None = None


TagText = Annotated[str, Field(max_length=LONGEST_TAG)]

_KINDS: dict[str, Any] = {
    "text": TagText | Annotated[list[TagText], Field(max_length=MOST_WISHES)],
    "folder": Annotated[list[TrackId], Field(max_length=MOST_WISHES)],
    "flag": bool,
    "key": Text,
    "years": Text | int,
    "range": Text | float,
    "length": Text | float,
}
_FOLDER = " Folders are named by songs that lie in them."


def _condition(field: "dataclasses.Field[Any]") -> Any:
    kind, about = field.metadata["kind"], field.metadata["help"]
    return _KINDS[kind] | None, Field(None, description=about + _FOLDER * (kind == "folder"))


Filters: type[Body] = create_model(
    "Filters",
    __base__=Body,
    __doc__="Conditions that songs must meet, all of them.",
    **{field.name: _condition(field) for field in dataclasses.fields(TrackFilter)},
)


class RecommendRequest(Body):
    """What is asked for."""

    query: Asked
    limit: int = Field(20, ge=1, le=MOST_MATCHES)
    absolute: bool = Field(False, description="Compare the affects as they are, not ranks.")
    per_artist: int | None = Field(None, ge=0, le=MOST_MATCHES, description="Songs of one artist; 0: any number.")
    per_album: int | None = Field(None, ge=1, le=MOST_MATCHES, description="Songs of one album.")
    person: Person = ME
    filters: Filters = Filters()  # type: ignore[valid-type]  # made from the conditions


class Says(OneOf):
    """What a person says: one of these."""

    affect: Point | None = Field(None, description="What a picture or a song feels like.")
    position: Point | None = Field(None, description="Where a picture belongs in the space of the relative match.")
    like: bool | None = Field(None, description="true")
    never: bool | None = Field(None, description="true")
    fits: bool | None = Field(None, description="Whether the track fits the picture.")


class FeedbackRequest(Body):
    """What is said of what."""

    person: Person = ME
    picture: PictureId | None = None
    track: TrackId | None = None
    says: Says


class ScanRequest(Body):
    """Folders to be scanned."""

    kind: Literal["scan"]
    folders: list[FolderId] = Field([], max_length=MOST_SONGS, description="None: all that are known.")
    retry_failed: bool = Field(False, description="Try the files again that could not be analysed.")


class TagRequest(Body):
    """Moods to be written into the tags of files, or taken out of them."""

    kind: Literal["tag"]
    remove: bool = Field(False, description="Take out what was written, and bring back what it replaced.")
    overwrite: bool = Field(False, description="Also replace what others have written.")
    dry_run: bool = Field(False, description="Only tell, in the log, what would be done.")
    filters: Filters = Filters()  # type: ignore[valid-type]


class ExportRequest(Body):
    """The library as a file."""

    kind: Literal["export"]
    format: Literal["jsonl", "csv"] = Field("jsonl", description="All that is known, or a table of the songs.")


ConnectionName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$", description="Of a connection.")]


class MatchRequest(Body):
    """Songs of a music server to be read, and matched to the library's."""

    kind: Literal["match"]
    connection: ConnectionName
    refresh: bool = Field(False, description="Read all songs again, and match all of them anew.")


JobRequest = Annotated[ScanRequest | TagRequest | ExportRequest | MatchRequest, Field(discriminator="kind")]


FilmId = PictureId
RevisionNumber = Annotated[int, Field(ge=1, lt=2**63, description="Of the project, as it was read.")]
Path = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH)]


class NewFilm(Body):
    """A film to be sent in parts."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_PATH)]
    bytes: int = Field(ge=1, lt=2**63)


_BOUNDED: dict[Any, Any] = {
    int: Annotated[int, Field(ge=0, lt=2**63)],
    float: Annotated[float, Field(ge=-1e6, le=1e6)],
}


def _lenient(hint: Any) -> Any:
    """A type as JSON has it, which knows no enums."""
    if get_origin(hint) is tuple:
        return Annotated[
            list[Annotated[str, Field(min_length=1, max_length=LONGEST_PATH)]], Field(max_length=MOST_COUNT)
        ]
    parts = get_args(hint) or (hint,)
    told = [Annotated[each, Field(strict=False)] if _is_enum(each) else _BOUNDED.get(each, each) for each in parts]
    return functools.reduce(operator.or_, told[1:], told[0])


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _option(field: "dataclasses.Field[Any]", hint: Any) -> Any:
    words = field.metadata
    hint = _lenient(hint)
    return hint | None, Field(None, ge=words["least"], le=words["most"], description=words["help"])


NOT_SENT = {"pins", "bans", "image_model", "where"}
SpotRequest: type[Body] = create_model(
    "SpotRequest",
    __base__=Body,
    __doc__="How music is chosen for a film; what is left out is as the command line has it.",
    filters=(Filters, Filters()),
    **{
        field.name: _option(field, get_type_hints(SpotOptions)[field.name])
        for field in dataclasses.fields(SpotOptions)
        if field.name not in NOT_SENT
    },
)


ALBUM_OPTIONS = {
    *("order", "seconds_per_photo", "shape", "size", "fps", "captions", "still", "cross_fade", "clip_length")
}
AlbumRequest: type[Body] = create_model(
    "AlbumRequest",
    __base__=Body,
    __doc__="How an album is laid out first; what is left out is as the command line has it.",
    **{
        field.name: _option(field, get_type_hints(SlideshowOptions)[field.name])
        for field in dataclasses.fields(SlideshowOptions)
        if field.name in ALBUM_OPTIONS
    },
)


ThereId = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH, description="The server's id of it.")]


class Address(Body):
    """Where a music server or photo service may be."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_PATH, description="Without a user or password.")]


class PhotoRequest(Body):
    """A photo of a photo service to be fetched, as a list of `/connections/{name}/photos` tells it."""

    connection: ConnectionName
    id: ThereId
    name: Annotated[str, Field(max_length=LONGEST_PATH)]
    mark: Annotated[str, Field(max_length=LONGEST_PATH)] = ""
    taken: Annotated[str, Field(max_length=LONGEST)] | None = None
    title: Annotated[str, Field(max_length=LONGEST_PATH)] | None = None
    large: bool = Field(False, description="As large as films show it, not only as large as it is read.")


class NewConnection(Body):
    """A music server or photo service to log in at."""

    name: ConnectionName
    url: Annotated[str, Field(min_length=1, max_length=LONGEST_PATH, description="Without a user or password.")]
    kind: KindName | None = Field(None, description="What it is; found out, where it is not given.")
    user: Annotated[str, Field(min_length=1, max_length=LONGEST)] | None = None
    secret: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_SECRET)] | None = Field(
        None, description="The user's password, or a key or token; no answer ever holds it."
    )


_EXCHANGE: dict[str, Any] = {
    field.name: _option(field, get_type_hints(ExchangeOptions)[field.name])
    for field in dataclasses.fields(ExchangeOptions)
    if field.name not in {"name", "refresh"}
} | {"name": (Name | None, Field(None, description="What it is called where it goes."))}
PushRequest: type[Body] = create_model(
    "PushRequest",
    __base__=Body,
    __doc__="A playlist to be written to a music server.",
    **_EXCHANGE | {"playlist": (TrackId, ...)},
)
PullRequest: type[Body] = create_model(
    "PullRequest",
    __base__=Body,
    __doc__="A playlist of a music server to be taken.",
    **{name: each for name, each in _EXCHANGE.items() if name != "take_over"} | {"playlist": (ThereId, ...)},
)


class ComparisonRequest(Body):
    """A playlist to be compared with the one of a music server that stands for it."""

    playlist: TrackId


class SettledRequest(Body):
    """What a song of a music server is."""

    song: ThereId
    track: TrackId | None = Field(description="Number of the track; null: it is none.")


class LikesRequest(Body):
    """Likes to be taken to a music server, or from it."""

    to: Literal["server", "library"]
    dry_run: bool = Field(False, description="Only tell what would be liked.")


class NewProject(Body):
    """What to choose music for: a film of a folder or one that was sent, or an album of photos and clips."""

    film: Path | None = None
    upload: FilmId | None = None
    folder: Path | None = Field(None, description="A folder whose photos and clips make an album.")
    pictures: list[PictureId] = Field([], max_length=MOST_COUNT, description="Photos of an album that were sent.")
    clips: list[FilmId] = Field([], max_length=MOST_COUNT, description="Films beside them that were sent.")
    album: AlbumRequest = AlbumRequest()  # type: ignore[valid-type]  # made from the options
    name: Name | None = None
    options: SpotRequest = SpotRequest()  # type: ignore[valid-type]  # made from the options


class MorePhotos(Body):
    """Photos and clips that were sent for an album."""

    pictures: list[PictureId] = Field([], max_length=MOST_COUNT)
    clips: list[FilmId] = Field([], max_length=MOST_COUNT)


class Revision(Body):
    """Which state of a project is meant."""

    revision: RevisionNumber


class ProjectChange(Revision):
    """What is new of a project."""

    name: Name


class RenderRequest(Revision):
    """What is to be rendered of a project."""

    kind: Annotated[Rendering, Field(strict=False)] = Field(
        description="The film with its music; its music alone, as loud as there; or music and own sound apart (ZIP)."
    )


class _EditBody(Body):
    """An edit, made from the dataclass of the same fields."""

    @property
    def made(self) -> Edit | AlbumEdit:
        """The edit."""
        values = dict(self)
        return (EDITS | ALBUM_EDITS)[values.pop("kind")](**values)  # type: ignore[no-any-return]


def _edit(name: str, kind: type) -> type[_EditBody]:
    told: dict[str, Any] = {"kind": (Literal[name], ...)}
    for field in dataclasses.fields(kind):
        default = ... if field.default is dataclasses.MISSING else field.default
        told[field.name] = (_lenient(get_type_hints(kind)[field.name]), default)
    return create_model(f"{kind.__name__}Edit", __base__=_EditBody, __doc__=kind.__doc__, **told)


if TYPE_CHECKING:
    AnyEdit = _EditBody
else:  # one of those that are made from the edits
    AnyEdit = Annotated[Union[*(_edit(*each) for each in (EDITS | ALBUM_EDITS).items())], Field(discriminator="kind")]


class EditRequest(Revision):
    """A change to a project."""

    edit: AnyEdit


class Chosen(Body):
    """A song of a playlist, with the passage that is meant."""

    id: TrackId
    start: float | None = Field(None, ge=0.0)
    end: float | None = Field(None, ge=0.0)


class PlaylistRequest(Body):
    """A playlist to download."""

    name: Text = "playlist"
    format: Text = "m3u8"
    tracks: list[Chosen] = Field(min_length=1, max_length=MOST_SONGS)


class NewPlaylist(Body):
    """A playlist to keep."""

    name: Name
    tracks: list[Chosen] = Field(max_length=MOST_SONGS)


class PlaylistChange(Body):
    """What is new of a playlist."""

    updated: Text = Field(description="When it was changed last, as it was read.")
    name: Name | None = None
    tracks: list[Chosen] | None = Field(None, max_length=MOST_SONGS, description="In place of its songs.")


class PlaylistOrder(Body):
    """Songs to be put in order."""

    tracks: list[Chosen] = Field(max_length=MOST)
