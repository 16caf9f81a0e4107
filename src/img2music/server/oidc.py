"""Logging in by an OpenID provider: authorization code with PKCE, state and nonce."""

import base64
import json
import logging
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from img2music.errors import printable
from img2music.server.settings import Provider

COOKIE = "img2music-login"
LASTS = 600
"""Seconds in which a login that has begun must end."""
PATIENCE = 10.0
"""Seconds that the provider is waited for."""
NAME = "provider"


class Refusal(StrEnum):
    """Why nobody was let in, as the page is told."""

    STATE = "state"  # not begun in this browser, or too long ago
    PERSON = "person"  # whom the provider knows, and the settings don't name
    REFUSED = "refused"  # by the provider, or what it sent is not valid
    PROVIDER = "provider"  # can't be reached, or makes no sense


class OidcLogin:
    """Sends people to the provider, and takes them back."""

    def __init__(self, provider: Provider) -> None:
        from authlib.integrations.starlette_client import OAuth

        self._provider = provider
        issuer = provider.issuer.rstrip("/")
        self._client: Any = OAuth().register(
            NAME,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": PATIENCE},
        )
        self._claims = {
            "iss": {"essential": True, "values": [issuer, f"{issuer}/"]},
            "aud": {"essential": True, "value": provider.client_id},
        }

    async def begin(self, request: Request, path: str, callback: str) -> Response | Refusal:
        """Send a browser to the provider; in a cookie of a path it keeps what its return is known by."""
        request.scope["session"] = {}
        try:
            answer: Response = await self._client.authorize_redirect(request, callback)
            answer.status_code = 303
        except Exception as error:  # noqa: BLE001 - of four libraries, about what a stranger sent
            return _told(error)
        kept = base64.urlsafe_b64encode(json.dumps(request.session).encode()).decode()
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, kept, max_age=LASTS, path=path, httponly=True, samesite="lax", secure=secure)
        return answer

    async def finish(self, request: Request) -> Refusal | None:
        """Learn from the provider who comes back; None for who may enter."""
        from authlib.integrations.base_client.errors import MismatchingStateError

        try:
            request.scope["session"] = dict(json.loads(base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))))
        except (TypeError, ValueError):
            return Refusal.STATE
        try:
            token = await self._client.authorize_access_token(request, claims_options=self._claims)
            person = token["userinfo"]
            if self._may_enter(person) or self._may_enter(await self._told_of(person, token)):
                return None
        except MismatchingStateError:
            return Refusal.STATE
        except Exception as error:  # noqa: BLE001
            return _told(error)
        logging.getLogger("uvicorn.error").warning(
            "Not among IMG2MUSIC_OIDC_PEOPLE: %s (%s)", *(printable(str(person.get(x))) for x in ("sub", "email"))
        )
        return Refusal.PERSON

    def _may_enter(self, person: dict[str, Any]) -> bool:
        """Whether somebody is named; an address that the provider has not verified is anybody's."""
        verified = person.get("email_verified") is True and str(person.get("email")).lower()
        return any(name.lower() == verified if "@" in name else name == person["sub"] for name in self._provider.people)

    async def _told_of(self, person: dict[str, Any], token: dict[str, Any]) -> dict[str, Any]:
        """What the provider tells apart from the token, where some put the address only."""
        if "email" in person or "userinfo_endpoint" not in await self._client.load_server_metadata():
            return person
        told: dict[str, Any] = await self._client.userinfo(token=token)
        return told if told.get("sub") == person["sub"] else person


def _told(error: Exception) -> Refusal:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    logging.getLogger("uvicorn.error").warning("OpenID Connect: %s: %s", type(error).__name__, printable(str(error)))
    if isinstance(error, AuthlibBaseError | JoseError):
        return Refusal.REFUSED
    return Refusal.PROVIDER
