"""Two servers on one library of a PostgreSQL server, which read it from a replica."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.e2e.test_jobs import Server, served
from tests.support.postgres import PostgresServer
from tests.support.songs import make_song

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.database()
    with LibraryStore.open(postgres.url(name)) as store, store.writing() as transaction:
        transaction.put_songs(make_song(f"song:{number}", tags=Tags(title=f"Song {number}")) for number in range(50))
    standby = postgres.standby()
    standby.catch_up()
    yield f"postgresql://postgres@/{name}?host=127.0.0.1:{postgres.port}&host=127.0.0.1:{standby.port}"
    standby.close()
    postgres.drop(name)


def test_what_one_server_changes_the_other_sees_and_each_job_runs_once(tmp_path: Path, url: str) -> None:
    def matched(server: Server) -> list[int]:
        asked = {"query": {"point": {"valence": 0.5, "arousal": 0.5}}, "limit": 50, "per_artist": 0}
        (found,) = server.ask("recommend", asked)["recommendations"]
        return [match["track"]["id"] for match in found["matches"]]

    with served(tmp_path, url) as one, served(tmp_path, url) as other:  # type: ignore[arg-type]
        first, *others = matched(one)
        assert matched(other) == [first, *others]
        one.ask("feedback", {"person": "me", "track": first, "says": {"never": True}})
        for _ in range(200):
            if matched(other) == others:
                break
        assert matched(other) == others
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                each.result()["id"] for each in [pool.submit(of.ask, "jobs", {"kind": "export"}) for of in (one, other)]
            ]
        assert [one.until(jobs[0], "done")["result"]["tracks"], other.until(jobs[1], "done")["result"]["tracks"]] == [
            50
        ] * 2
        assert sorted(job["id"] for job in one.ask("jobs")["jobs"]) == sorted(jobs)
        assert one.ask(f"jobs/{jobs[1]}") == other.ask(f"jobs/{jobs[1]}")
