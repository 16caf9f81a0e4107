"""Errors as problem details (RFC 9457), in the words of the command line."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from img2music.errors import (
    ConflictError,
    Img2MusicError,
    InputError,
    LibraryError,
    MissingExtraError,
    NothingLeftError,
    SourceError,
    UsageError,
)
from img2music.remarks import Remark
from img2music.shapes import dumps, to_dict

MEDIA_TYPE = "application/problem+json"
_KIND = re.compile(r"(constrained-)?(str|int|float)|list\[.*")
"""What pydantic calls one of several kinds that a value may be of."""
STATUS: dict[type[Img2MusicError], int] = {
    InputError: 422,
    UsageError: 422,
    ConflictError: 409,
    LibraryError: 503,
    MissingExtraError: 501,
    SourceError: 502,
}


class ProblemType(StrEnum):
    """What a client may want to tell in words of its own, or mend by itself."""

    OTHER = "about:blank"
    NO_PICTURE = "urn:img2music:no-picture"
    NO_SONG = "urn:img2music:no-song"
    TOO_LARGE = "urn:img2music:too-large"
    GONE = "urn:img2music:gone"
    """What was sent is not there any more: it can be sent again."""
    UNKNOWN_WORD = "urn:img2music:unknown-word"
    NOTHING_LEFT = "urn:img2music:nothing-left"
    NOT_READY = "urn:img2music:not-ready"
    """What is asked for is being made by a job."""
    EMPTY = "urn:img2music:empty"
    """The library has no songs."""


class TypedProblem(HTTPException):
    """An error of one of these types."""

    def __init__(self, status: int, kind: ProblemType, detail: str, remark: Remark | None = None) -> None:
        super().__init__(status, detail)
        self.kind = kind
        self.remark = remark


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """What went wrong."""

    type: ProblemType
    title: str
    status: int
    detail: str
    remark: Remark | None = None  # the same in parts, where a client may have words of its own


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    kind: ProblemType = ProblemType.OTHER,
    remark: Remark | None = None,
) -> Response:
    """Answer with what went wrong."""
    title = HTTPStatus(status).phrase
    found = to_dict(ProblemDetails(kind, title, status, detail or title, remark))
    if remark is None:
        del found["remark"]
    return Response(dumps(found, None), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have an application answer so."""

    @app.exception_handler(Img2MusicError)
    async def _ours(_: Request, error: Img2MusicError) -> Response:
        status = next((STATUS[each] for each in type(error).__mro__ if each in STATUS), 500)
        # Where a file lies is not told: who asks knows it by its name or number.
        kind = ProblemType.NOTHING_LEFT if isinstance(error, NothingLeftError) else ProblemType.OTHER
        detail = error.reason if isinstance(error, InputError) else str(error)
        return problem(status, detail, kind=kind, remark=error.remark)

    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it would tell of every damaged form on stderr

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        if error.detail == "Invalid multipart data.":  # all that Starlette says of it
            error.detail = "The form is damaged, or the name of a file in it is longer than 4,000 characters."
        kind, remark = (error.kind, error.remark) if isinstance(error, TypedProblem) else (ProblemType.OTHER, None)
        return problem(error.status_code, str(error.detail), error.headers, kind, remark)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        errors = error.errors()
        # Where it may be text or a list, and is too long a list, that it is no text is of no interest.
        first = next((each for each in errors if not each["type"].endswith("_type")), errors[0])
        where = ".".join(part for part in map(str, first["loc"][1:]) if not _KIND.fullmatch(part))
        return problem(422, f"{where}: {first['msg']}." if where else f"{first['msg']}.")

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, error: Exception) -> Response:
        return problem(500, f"unexpected {type(error).__name__}. Please report this; the log says more.")
