"""Pictures that are sent."""

from typing import Annotated

from fastapi import APIRouter, File, Response, UploadFile

from img2music.affect import Affect
from img2music.app.pictures import read_picture
from img2music.errors import InputError
from img2music.server.bodies import PictureId
from img2music.server.description import Picture, content, shape
from img2music.server.problems import ProblemType, TypedProblem
from img2music.server.served import Served, as_json
from img2music.server.uploads import MOST_BYTES


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
        read = upload.reading
        picture = Picture(
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
        return as_json(picture, 201)

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
