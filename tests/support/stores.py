"""Stores of files on loopback: a server of S3, one of HTTP that reads by ranges, one of SFTP, and the wire to them."""

import asyncio
import contextlib
import functools
import re
import socket
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BUCKET = "music"


class Wire:
    """A way to a server that counts what comes back, and may be cut."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self.most: int | None = None
        """Bytes after which each connection is cut."""
        self.silent = False
        """Whether answers are held back."""
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Refuse connections from now on."""
        with contextlib.suppress(OSError):  # closed before
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for pair in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while (part := source.recv(1 << 16)) and not (back and self.silent):
                if back and self.most is not None:
                    part = part[: max(0, self.most - carried)]
                carried += len(part)
                self.bytes += len(part) * back
                target.sendall(part)
                if back and self.most is not None and carried >= self.most:
                    break
        if back and self.silent:
            return  # open, and still
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class S3Server:
    """A server of S3 in this process, with a bucket."""

    def __init__(self) -> None:
        import boto3
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self.port: int = self._server.get_host_and_port()[1]
        self.settings = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "hush-hush",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=self.settings["AWS_ENDPOINT_URL"],
            aws_access_key_id="test",
            aws_secret_access_key="hush-hush",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, folder: Path, prefix: str) -> str:
        """Put the files of a folder under a prefix, and give its URL."""
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            key = f"{prefix}/{file.relative_to(folder).as_posix()}"
            self.client.put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())
        return f"s3://{BUCKET}/{prefix}"

    def close(self) -> None:
        self.client.close()
        self._server.stop()


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, also parts of them."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if part is None or not path.is_file():
            super().do_GET()
            return
        content = path.read_bytes()
        first, last = int(part[1]), min(int(part[2]), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(content[first : last + 1])


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[int]:
    """Serve the files of a folder, with lists of them, and give the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def sftp_server(home: Path) -> Iterator[int]:
    """Serve files by SFTP to whoever has the key in a home, which knows the host, and give the port."""
    import asyncssh

    (home / ".ssh").mkdir(mode=0o700, parents=True)
    own, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    own.write_private_key(home / ".ssh" / "id_ed25519")
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def start() -> Any:
        keys = asyncssh.import_authorized_keys(own.export_public_key().decode())
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host], authorized_client_keys=keys, sftp_factory=True
        )

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    port = server.get_port()
    known = f"[127.0.0.1]:{port} {host.export_public_key().decode()}"
    (home / ".ssh" / "known_hosts").write_text(known, encoding="ascii")
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
