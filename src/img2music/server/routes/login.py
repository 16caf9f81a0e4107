"""Whether the server is there, and who may use it."""

from fastapi import APIRouter, HTTPException, Request, Response

from img2music import __version__
from img2music.server.bodies import Password
from img2music.server.description import Health, shape
from img2music.server.guard import COOKIE, LASTS
from img2music.server.served import Served, as_json


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""

    @routes.get("/health", response_class=Response, responses=shape(Health))
    def health() -> Response:
        """Tell how the server is."""
        return as_json(Health("ok", __version__, len(served.library)))

    @routes.post("/session", status_code=204)
    async def login(body: Password, request: Request) -> Response:
        """Log in: the answer sets a cookie."""
        name = await served.sessions.login(body.password)
        if name is None:
            raise HTTPException(401, "This is not the password.")
        answer, secure, path = Response(status_code=204), request.url.scheme == "https", _path(request)
        answer.set_cookie(COOKIE, name, max_age=int(LASTS), path=path, httponly=True, samesite="strict", secure=secure)
        return answer

    @routes.delete("/session", status_code=204)
    def logout(request: Request) -> Response:
        """Log out."""
        served.sessions.logout(request.cookies.get(COOKIE, ""))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path=_path(request))
        return answer


def _path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"
