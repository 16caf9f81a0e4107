"""``img2music serve``: the page and the HTTP API of a library."""

import contextlib
import signal
import socket
import webbrowser

import click

from img2music.cli.options import command, library_option, option
from img2music.cli.output import say
from img2music.errors import UsageError, require_extra


@command()
@library_option
@option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen at.")
@option("--port", type=click.IntRange(0, 65535), default=8750, help="Port to listen at; 0 for any that is free.")
@option("--root-path", default="", metavar="PATH", help="Where a reverse proxy shows it, such as /music.")
@option("--name", "names", multiple=True, metavar="HOST", help="Host name that it may be called by. May be repeated.")
@option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A reverse proxy whose word on who asks, and whether by https, is taken. May be repeated.",
)
@option(
    "--music",
    type=click.Path(exists=True, file_okay=False),
    multiple=True,
    metavar="DIR",
    help="Folder that may be scanned from the page, beside those in which songs of the library lie. May be repeated.",
    show_default="your music folder",
)
@option(
    "--films",
    type=click.Path(exists=True, file_okay=False),
    multiple=True,
    metavar="DIR",
    help="Folder from which films may be chosen on the page. May be repeated.",
    show_default="your folder of films",
)
@option("--no-open", is_flag=True, help="Do not open a browser.")
@option("--set-password", is_flag=True, help="Ask for the password of the page, keep it, and end.")
def serve(
    *,
    library: str | None,
    host: str,
    port: int,
    root_path: str,
    names: tuple[str, ...],
    proxies: tuple[str, ...],
    music: tuple[str, ...],
    films: tuple[str, ...],
    no_open: bool,
    set_password: bool,
) -> None:
    """Serve a page on which you drop a picture, hear songs that feel like it and set them right; and an HTTP API.

    Nobody but this machine reaches it. To let others in, set a password (--set-password), a token (IMG2MUSIC_TOKEN,
    sent as a bearer) or an OpenID provider (IMG2MUSIC_OIDC_ISSUER), and give --host 0.0.0.0. Ctrl-C ends it.
    """
    with require_extra("The page", "server"):
        import argon2  # noqa: F401
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import sse_starlette  # noqa: F401
        import uvicorn
    from img2music.app.folders import own_films, own_music
    from img2music.app.library import Library
    from img2music.server.app import create_app
    from img2music.server.protocol import TimedProtocol
    from img2music.server.settings import Settings
    from img2music.server.settings import set_password as keep_password

    if set_password:
        keep_password(click.prompt("Password", hide_input=True, confirmation_prompt=True))
        say("The password is set.")
        return
    settings = Settings.read(host, port, root_path, tuple(name.lower() for name in names), proxied=bool(proxies))
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(f"{host}:{port} can't be listened at ({error.strerror}): give another `port`.") from error
    # An answer's head and body are two writes: without this the second waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with listening, Library.open(library, replica=True) as opened:
        config = uvicorn.Config(
            create_app(opened, settings, music=music or own_music(), films=films or own_films()),
            http=TimedProtocol,
            log_level="warning",
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            timeout_graceful_shutdown=1,
        )
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}{settings.root_path}/"
        say(f"The library {opened.location} is at {address} (Ctrl-C ends it).")
        if not no_open:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
