"""Pictures that are sent."""

from typing import Annotated, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Response, UploadFile

from img2music.affect import Affect
from img2music.app.pictures import ExplanationShape, read_picture
from img2music.app.service_albums import ListedPhoto, fetch_photo
from img2music.errors import InputError
from img2music.server.bodies import PhotoRequest, PictureId
from img2music.server.description import Picture, content, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json, require_connection
from img2music.server.uploads import MOST_BYTES, SentPicture


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""

    @routes.post("/pictures", status_code=201, response_class=Response, responses=shape(Picture, 201))
    def send_picture(file: Annotated[UploadFile, File()]) -> Response:
        """Send a picture and have it read."""
        if (file.size or 0) > MOST_BYTES:
            raise TypedProblem(
                413, ProblemType.TOO_LARGE, f"The picture is larger than {MOST_BYTES >> 20} MB: make it smaller."
            )
        try:
            upload = served.uploads.add(file.file, file.filename or "", read_picture)
        except InputError as error:
            raise TypedProblem(422, ProblemType.NO_PICTURE, error.reason) from error
        return as_json(_shown(upload), 201)

    @routes.post("/pictures/fetch", status_code=201, response_class=Response, responses=shape(Picture, 201))
    def fetch_picture(body: PhotoRequest) -> Response:
        """Have a photo of a photo service fetched and read, as if it had been sent."""
        require_connection(body.connection)
        told = body.model_dump(exclude={"connection", "large"})
        try:
            file = fetch_photo(body.connection, ListedPhoto(**told), large=body.large)
            with file.open("rb") as stream:
                upload = served.uploads.add(stream, body.name, read_picture, beside=file.with_name(f"{file.name}.xmp"))
        except InputError as error:
            raise TypedProblem(422, ProblemType.NO_PICTURE, error.reason) from error
        return as_json(_shown(upload), 201)

    @routes.get("/pictures/{id}", response_class=Response, responses=shape(Picture))
    def picture(id: PictureId) -> Response:  # noqa: A002
        """Tell what was read in a picture that was sent."""
        return as_json(_shown(served.picture(id)))

    @routes.get(
        "/pictures/{id}/thumbnail", response_class=Response, responses=content("image/jpeg", "The picture, small.")
    )
    def thumbnail(id: PictureId) -> Response:  # noqa: A002
        """Show a picture that was sent, small."""
        upload = served.picture(id)
        try:
            small = upload.thumbnail()
        except (OSError, InputError):
            served.picture(id)  # says so where it was forgotten meanwhile
            raise
        return Response(small, media_type="image/jpeg")

    @routes.delete("/pictures/{id}", status_code=204)
    def forget_picture(id: PictureId) -> None:  # noqa: A002
        """Forget a picture that was sent."""
        served.uploads.remove(served.picture(id))

    _add_heat(routes, served)


def _shown(upload: SentPicture) -> Picture:
    read = upload.reading
    return Picture(
        id=upload.id,
        name=upload.name,
        width=read.width,
        height=read.height,
        affect=read.affect,
        spread=None if read.spread is None else Affect(*read.spread),
        word=read.affect.word,
        emotions=read.affect.emotions(),
        model=read.model,
        note=read.note,
    )


def _add_heat(routes: APIRouter, served: Served) -> None:
    one_at_a_time = CapacityLimiter(1)  # it takes all processors

    async def moved(id: PictureId, part: str) -> bytes:  # noqa: A002
        upload = served.picture(id)
        try:
            return await run_sync(upload.heat, part, limiter=one_at_a_time)
        except (InputError, FileNotFoundError):
            served.picture(id)  # which may have been forgotten meanwhile
            raise

    @routes.get("/pictures/{id}/explanation", response_class=Response, responses=shape(ExplanationShape))
    async def explanation(id: PictureId) -> Response:  # noqa: A002
        """Tell what each part of a picture that was sent does to its reading."""
        return Response(await moved(id, "explanation"), media_type="application/json")

    @routes.get(
        "/pictures/{id}/heat",
        response_class=Response,
        responses=content("image/png", "Red where it raises the reading, blue where it lowers it, to be laid over."),
    )
    async def heat(id: PictureId, of: Literal["valence", "arousal"]) -> Response:  # noqa: A002
        """Draw the same, transparent and square, to be stretched over the picture."""
        return Response(await moved(id, of), media_type="image/png")
