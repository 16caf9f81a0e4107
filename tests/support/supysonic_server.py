"""supysonic, a real music server, on a folder of music; a program of its own that the tests start."""

import sys
from pathlib import Path

USER, PASSWORD = "alice", "pass/word+ü"


def main(music: str, home: str) -> None:
    from supysonic.config import DefaultConfig
    from supysonic.db import init_database, release_database
    from supysonic.managers.folder import FolderManager
    from supysonic.managers.user import UserManager
    from supysonic.scanner import Scanner
    from supysonic.web import create_application
    from werkzeug.serving import WSGIRequestHandler, make_server

    config = DefaultConfig()
    config.BASE = {**config.BASE, "database_uri": f"sqlite:///{home}/supysonic.db"}
    config.WEBAPP = {**config.WEBAPP, "cache_dir": home, "mount_webui": False}
    config.DAEMON = {**config.DAEMON, "socket": f"{home}/none.sock"}

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_: object) -> None:
            pass

    fresh = not Path(home, "supysonic.db").exists()
    init_database(config.BASE["database_uri"])
    if fresh:
        UserManager.add(USER, PASSWORD, admin=True)
        FolderManager.add("Music", music)
    scanner = Scanner()
    scanner.queue_folder("Music")
    scanner.run()
    release_database()
    server = make_server("127.0.0.1", 0, create_application(config), threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
