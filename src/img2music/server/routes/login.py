"""Whether the server is there, and who may use it."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from img2music import __version__
from img2music.server import oidc
from img2music.server.bodies import Password
from img2music.server.description import Health, Logins, Responses, shape
from img2music.server.guard import COOKIE, LASTS, LOGIN_BY_PROVIDER
from img2music.server.oidc import OidcLogin, Refusal
from img2music.server.served import Served, as_json


def add(routes: APIRouter, served: Served) -> None:
    """Add the routes."""

    @routes.get("/health", response_class=Response, responses=shape(Health))
    def health() -> Response:
        """Tell how the server is."""
        return as_json(Health("ok", __version__, len(served.library)))

    @routes.get("/session", response_class=Response, responses=shape(Logins))
    def logins(request: Request) -> Response:
        """Tell how one logs in, and whether one has."""
        admitted = served.sessions.admits(request)
        return as_json(Logins(admitted, served.settings.by_password, served.settings.provider is not None))

    @routes.post("/session", status_code=204)
    async def login(body: Password, request: Request) -> Response:
        """Log in: the answer sets a cookie."""
        name = await served.sessions.login(body.password)
        if name is None:
            raise HTTPException(401, "This is not the password.")
        return _admitted(name, request, Response(status_code=204))

    @routes.delete("/session", status_code=204)
    def logout(request: Request) -> Response:
        """Log out."""
        served.sessions.logout(request.cookies.get(COOKIE, ""))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path=_path(request))
        return answer

    _add_provider(routes, served)


def _add_provider(routes: APIRouter, served: Served) -> None:
    provider = None if served.settings.provider is None else OidcLogin(served.settings.provider)

    def required() -> OidcLogin:
        if provider is None:
            raise HTTPException(404, "There is no OpenID provider.")
        return provider

    elsewhere: Responses = {303: {"description": "On to the provider, or back to the page."}}

    @routes.get("/session/oidc", status_code=303, response_class=Response, responses=elsewhere)
    async def login_by_provider(request: Request) -> Response:
        """Log in by the OpenID provider."""
        path = f"{_path(request)}{LOGIN_BY_PROVIDER[1:]}"
        callback = f"{request.url.scheme}://{request.headers['host']}{path}/callback"
        answer = await required().begin(request, path, callback)
        return _refused(answer, request) if isinstance(answer, Refusal) else answer

    @routes.get("/session/oidc/callback", status_code=303, response_class=Response, responses=elsewhere)
    async def back_from_provider(request: Request) -> Response:
        """Come back from the OpenID provider; why nobody is let in is told to the page in `login`."""
        refusal = await required().finish(request)
        if refusal is not None:
            return _refused(refusal, request)
        answer = _admitted(served.sessions.begin(), request, RedirectResponse(_path(request), 303))
        answer.delete_cookie(oidc.COOKIE, path=f"{_path(request)}{LOGIN_BY_PROVIDER[1:]}")
        return answer


def _admitted(name: str, request: Request, answer: Response) -> Response:
    secure = request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, name, max_age=int(LASTS), path=_path(request), httponly=True, samesite="strict", secure=secure
    )
    return answer


def _refused(refusal: Refusal, request: Request) -> Response:
    return RedirectResponse(f"{_path(request)}?login={refusal}", 303)


def _path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"
