"""Jobs of a real server: killed in each kind of job, ended by Ctrl-C, and two servers on one library."""

import itertools
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from img2music import Library
from img2music.connectors.folders import FileState
from img2music.library.workers import content_of
from img2music.media.packets import sound_hash
from img2music.music.audio.analyzer import ANALYZER
from img2music.shapes import to_dict
from tests.e2e.command import environment, words
from tests.support.library_sounds import make_music, write_sound
from tests.support.projects import keep_project
from tests.support.songs import make_record, make_song, put, record
from tests.support.soundtracks import Track as SoundTrack
from tests.support.soundtracks import film as film_with_sound
from tests.support.soundtracks import talk

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("IMG2MUSIC_KILLS", "1"))
"""In each kind of job."""
SONGS = 20_000


class Server:
    """A server on a free port."""

    def __init__(self, home: Path, library: Path, *options: str) -> None:
        self.log = home / f"log-{random.randrange(10**9)}"
        with self.log.open("w") as log:
            command = words("serve", "--port", "0", "--no-open", "--library", library, *options)
            self.process = subprocess.Popen(command, cwd=home, env=environment(home), stderr=log)
        for _ in range(600):
            said = self.log.read_text()
            if "(Ctrl-C" in said:
                break
            assert self.process.poll() is None, said
            time.sleep(0.05)
        self.address = said[said.index("http://") :].split()[0]

    def ask(
        self, path: str, body: bytes | object | None = None, kind: str = "application/json", method: str | None = None
    ) -> Any:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"X-Img2music": "1", "Content-Type": kind}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.address}api/{path}", data, headers, method=method), timeout=30
        ) as answer:
            found = answer.read()
            return json.loads(found) if answer.headers["content-type"] == "application/json" else found

    def begin(self, kind: str, upload: Path, **options: bool) -> dict[str, Any]:
        if kind != "import":
            return dict(self.ask("jobs", {"kind": kind, **options}))
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{upload.name}"\r\n\r\n'
        form = head.encode() + upload.read_bytes() + b"\r\n--x--\r\n"
        return dict(self.ask("jobs/import", form, "multipart/form-data; boundary=x"))

    def until(self, id_: int, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of some states."""
        for _ in range(2400):
            job = dict(self.ask(f"jobs/{id_}"))
            if job["state"] in states:
                return job
            assert job["state"] in ("waiting", "running"), job
            time.sleep(0.02)
        pytest.fail(f"the job does not come to {states}: {job}")

    def kill(self) -> None:
        """End it at once, as nobody can prevent; nothing that it has started lives on."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        assert psutil.wait_procs(started, timeout=15)[1] == []

    def end(self) -> None:
        """End it as Ctrl-C does."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0
        assert psutil.wait_procs(started, timeout=15)[1] == []
        assert [line for line in self.log.read_text().splitlines() if not line.startswith("img2music: ")] == []


@contextmanager
def served(home: Path, library: Path, *options: str) -> Iterator[Server]:
    server = Server(home, library, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Files that are known and can be tagged, many songs without one, and files that are to be scanned."""
    known = make_music(tmp_path / "known", 80)
    (tmp_path / "new").mkdir()
    for number in range(10):
        write_sound(tmp_path / "new" / f"{number}.wav", 1001.0 + 13 * number)
    path = tmp_path / "library.db"
    with Library.open(path) as opened:
        records = []
        for file in known:
            status, made = file.stat(), make_record(str(file), analyzer=ANALYZER)
            object.__setattr__(made, "file", FileState(str(file), status.st_size, status.st_mtime_ns))
            object.__setattr__(made, "content", content_of(str(file)))
            object.__setattr__(made, "sound", sound_hash(str(file)))
            records.append(made)
        put(opened._store, records)
    export = tmp_path / "songs.jsonl"
    lines = [{"schema": "img2music/library/1"}, *({"song": to_dict(make_song(f"a:{n}"))} for n in range(SONGS))]
    export.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def sound(library: Path, sounds: dict[Path, str]) -> None:
    """No file is half-written, and the library is as it should be."""
    with Library.open(library) as opened:
        found = opened.verify()
    assert found.database == []
    for file, before in sounds.items():
        assert sound_hash(str(file)) == before
    for file in library.with_name("library.db.jobs").glob("export-*"):
        lines = file.read_text().splitlines()
        assert [json.loads(line) for line in lines]


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_job_outlives_the_server(kill: int, tmp_path: Path, library: Path) -> None:
    chance = random.Random(kill)
    music = [*(tmp_path / "known").iterdir(), *(tmp_path / "new").iterdir()]
    sounds = {file: sound_hash(str(file)) for file in music}
    server = Server(tmp_path, library, "--music", str(tmp_path / "new"))
    try:
        for kind, moment in (("import", 1.2), ("scan", 1.5), ("tag", 0.9), ("export", 0.4)):
            for tries in range(5):
                undo = {"remove": True} if kind == "tag" and tries % 2 else {}  # else there is nothing left to write
                id_ = server.begin(kind, tmp_path / "songs.jsonl", **undo)["id"]
                server.until(id_, "running", "done")
                time.sleep(chance.uniform(0.0, moment / (1 + tries)))
                server.kill()
                sound(library, sounds)
                server = Server(tmp_path, library, "--music", str(tmp_path / "new"))
                job = server.until(id_, "interrupted", "done")
                if job["state"] == "interrupted":  # else it was done before its moment came
                    break
            assert job["state"] == "interrupted"
            assert "ended" in job["error"]
            assert server.ask(f"jobs/{id_}/retry", b"")["state"] == "waiting"
            job = server.until(id_, "done")
            assert job["result"].get("failed", 0) <= (kind == "tag"), (job, server.ask(f"jobs/{id_}/log"))
            sound(library, sounds)
        server.end()
        exported = library.with_name("library.db.jobs") / f"export-{id_}.jsonl"
        assert len(exported.read_text().splitlines()) == 1 + SONGS + len(music)
        assert [file.name for file in exported.parent.iterdir()] == [exported.name]
        assert [file for file in music[0].parent.iterdir() if file.name.startswith(".")] == []
    finally:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film that browsers don't play, with a voice."""
    (tmp_path / "films").mkdir()
    voice = talk(16.0, [(4.0, 9.0)])
    return film_with_sound(tmp_path / "films" / "trip.mkv", 16.0, SoundTrack(voice, "mono"))


class Killed:
    """A server that is killed again and again while it works."""

    def __init__(self, kill: int, home: Path, library: Path, *options: str) -> None:
        self.chance, self._given = random.Random(kill), (home, library, *options)
        self.server = Server(*self._given)

    def again(self) -> None:
        self.server.kill()
        self.server = Server(*self._given)

    def done(self, id_: int) -> dict[str, Any]:
        """Kill it while a job runs, and have it go on."""
        for tries in range(5):
            self.server.until(id_, "running", "done")
            time.sleep(self.chance.uniform(0.0, 1.0 / (1 + tries)))
            self.again()
            if self.server.until(id_, "interrupted", "done")["state"] == "interrupted":
                self.server.ask(f"jobs/{id_}/retry", b"")
                break
        return self.server.until(id_, "done")


@pytest.mark.parametrize("kill", range(KILLS))
def test_work_on_a_film_outlives_the_server(kill: int, tmp_path: Path, film: Path) -> None:
    songs = [record(str(path), 0.5, 0.5, duration=60.0) for path in (tmp_path / "a.wav", tmp_path / "b.wav")]
    for number, song in enumerate(songs):
        write_sound(song.file.path, 200.0 + 50 * number, 60.0)
    library = tmp_path / "library.db"
    with Library.open(library) as opened:
        put(opened._store, songs)
        at = f"projects/{keep_project(opened, film, [*opened], {}).id}"
    killed = Killed(kill, tmp_path, library, "--films", str(film.parent))
    try:
        _renders(killed, at)
        _copies(killed, film)
        _takes(killed, at, film.read_bytes())
        assert [file for file in tmp_path.rglob("*") if ".part" in file.name] == []
        with Library.open(library) as opened:
            assert opened.verify().database == []
    finally:
        if killed.server.process.poll() is None:
            killed.server.kill()


def _renders(killed: Killed, at: str) -> None:
    body = {"revision": killed.server.ask(at)["revision"], "kind": "music"}
    calm = killed.server.until(killed.server.ask(f"{at}/render", body)["id"], "done")
    undisturbed = killed.server.ask(f"jobs/{calm['id']}/file")
    job = killed.done(killed.server.ask(f"{at}/render", body)["id"])
    assert killed.server.ask(f"jobs/{job['id']}/file") == undisturbed


def _copies(killed: Killed, film: Path) -> None:
    id_ = killed.server.ask("projects", {"film": str(film)})["id"]
    reading, copying = sorted(job["id"] for job in killed.server.ask("jobs")["jobs"] if job["project"] == id_)
    killed.server.ask(f"jobs/{reading}/cancel", b"")
    killed.done(copying)
    assert killed.server.ask(f"projects/{id_}")["ready"]


def _takes(killed: Killed, at: str, content: bytes) -> None:
    """A film is sent, and another one is edited."""
    upload = killed.server.ask("films/uploads", {"name": "trip.mkv", "bytes": len(content)})["id"]
    killed.server.ask(f"films/uploads/{upload}?start=0", content[:1000], method="PUT")
    told = [killed.server.ask(at)["revision"]]
    edits = threading.Thread(target=edited, args=(killed.server, at, told))
    edits.start()
    time.sleep(killed.chance.uniform(0.3, 1.0))
    killed.again()
    edits.join()
    now = killed.server.ask(at)
    assert now["revision"] - told[-1] in (0, 1)  # what was told is kept; what was not may be
    assert now["sheet"]["cues"][0]["gain_db"] == pytest.approx(-0.1 * (now["revision"] - told[0]))
    assert killed.server.ask(f"films/uploads/{upload}")["received"] == 1000
    killed.server.ask(f"films/uploads/{upload}?start=1000", content[1000:], method="PUT")
    sent = killed.server.ask("projects", {"upload": upload})
    assert Path(sent["film"]["path"]).read_bytes() == content


def edited(server: Server, at: str, told: list[int]) -> None:
    """Make a song softer, a little each time, until the server is killed."""
    with suppress(OSError):
        for number in itertools.count(1):
            edit = {"kind": "gain", "cue": 0, "db": round(-0.1 * number, 1)}
            told.append(server.ask(f"{at}/edits", {"revision": told[-1], "edit": edit})["revision"])


def test_ctrl_c_with_a_job_and_a_stream_interrupts_it(tmp_path: Path, library: Path) -> None:
    with served(tmp_path, library, "--music", str(tmp_path / "new")) as server:
        stream = urllib.request.urlopen(f"{server.address}api/jobs/events", timeout=60)
        told: list[bytes] = []
        reader = threading.Thread(target=lambda: told.extend(line.strip() for line in stream))
        reader.start()
        id_ = server.begin("scan", library)["id"]
        server.until(id_, "running")
        time.sleep(0.5)
        server.end()
        reader.join(10)
        assert not reader.is_alive()
        assert b"event: job" in told
    with served(tmp_path, library) as server:
        assert server.ask(f"jobs/{id_}")["state"] == "interrupted"


def test_two_servers_leave_each_others_jobs_alone(tmp_path: Path, library: Path) -> None:
    with served(tmp_path, library, "--music", str(tmp_path / "new")) as one, served(tmp_path, library) as other:
        first = one.begin("scan", library)["id"]
        one.until(first, "running")
        second = other.begin("export", library)["id"]
        states = set()
        while (state := other.ask(f"jobs/{first}")["state"]) == "running":
            states.add(other.ask(f"jobs/{second}")["state"])
            time.sleep(0.1)
        assert state == "done"
        assert states <= {"waiting", "running", "done"}
        assert "waiting" in states
        assert other.until(second, "done")["result"]["tracks"] == 90
        third = one.begin("tag", library)["id"]
        other.ask(f"jobs/{third}/cancel", b"")
        assert one.until(third, "cancelled", "done")["state"]
