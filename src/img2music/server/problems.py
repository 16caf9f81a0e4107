"""Errors as problem details (RFC 9457), in the words of the command line."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from img2music.errors import Img2MusicError, InputError, LibraryError, UsageError

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[Img2MusicError], int] = {InputError: 422, UsageError: 422, LibraryError: 503}


class ProblemDetails(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with what went wrong."""
    title = HTTPStatus(status).phrase
    content = ProblemDetails(title=title, status=status, detail=detail or title).model_dump()
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document these problems of a route."""
    content = {MEDIA_TYPE: {"schema": ProblemDetails.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Have an application answer so."""

    @app.exception_handler(Img2MusicError)
    async def _ours(_: Request, error: Img2MusicError) -> JSONResponse:
        return problem(next((STATUS[each] for each in type(error).__mro__ if each in STATUS), 500), str(error))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:]))
        return problem(422, f"{where}: {first['msg']}." if where else f"{first['msg']}.")
