"""Errors as problem details (RFC 9457), in the words of the command line."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from img2music.errors import Img2MusicError, InputError, LibraryError, UsageError
from img2music.shapes import to_dict

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[Img2MusicError], int] = {InputError: 422, UsageError: 422, LibraryError: 503}


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """What went wrong."""

    type: str
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with what went wrong."""
    title = HTTPStatus(status).phrase
    found = ProblemDetails("about:blank", title, status, detail or title)
    return JSONResponse(to_dict(found), status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have an application answer so."""

    @app.exception_handler(Img2MusicError)
    async def _ours(_: Request, error: Img2MusicError) -> JSONResponse:
        status = next((STATUS[each] for each in type(error).__mro__ if each in STATUS), 500)
        # Where a file lies is not told: who asks knows it by its name or number.
        return problem(status, error.reason if isinstance(error, InputError) else str(error))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:]))
        return problem(422, f"{where}: {first['msg']}." if where else f"{first['msg']}.")

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
        return problem(500, f"unexpected {type(error).__name__}. Please report this; the log says more.")
