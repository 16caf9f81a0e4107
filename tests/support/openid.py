"""An OpenID provider that runs."""

import threading
from datetime import timedelta
from typing import Any

import flask
from oidc_provider_mock import User, app
from werkzeug.serving import make_server

PEOPLE = (
    User(sub="ann", claims={"email": "Ann@example.org", "email_verified": True}),
    User(sub="bob", claims={"email": "bob@example.org", "email_verified": False}),
    User(sub="eve", claims={"email": "ann@example.org", "email_verified": False}),
    User(sub="zoe"),
    User(sub="joe", claims={"email": "joe@example.org", "email_verified": True}),
)


class OpenIdProvider:
    """A provider that runs, and what it was asked for tokens."""

    def __init__(self, lasts: timedelta = timedelta(hours=1)) -> None:
        self._app = made = app(require_nonce=True, access_token_max_age=lasts, user_claims=PEOPLE)
        self.asked: list[dict[str, str]] = []
        made.before_request(self._before)
        self.signs_as = ""  # host of another issuer
        self._server = make_server("localhost", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.issuer = f"http://localhost:{self._server.server_port}"

    def _before(self) -> None:
        self.asked.append(flask.request.form.to_dict())
        if flask.request.path == "/userinfo":  # where some providers tell addresses, and not in the token
            told = {"email": "ann@example.org", "email_verified": True}
            self._app.test_client().put("/users/zoe", json=told)

    def _answer(self, environ: dict[str, Any], respond: Any) -> Any:
        if self.signs_as and environ["PATH_INFO"] == "/oauth2/token":
            environ["HTTP_HOST"] = self.signs_as
        return self._app(environ, respond)

    def end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
