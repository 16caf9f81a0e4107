from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from img2music.errors import LibraryError
from img2music.library import postgresql
from img2music.library.schema import HEAD, metadata
from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.library.test_database import make_first_revision
from tests.support.commands import call
from tests.support.postgres import PostgresServer, programs, wait_until_free
from tests.support.songs import make_record, make_song, put
from tests.support.stores import Wire

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture
def url(postgres):
    name = postgres.database()
    yield postgres.url(name)
    postgres.drop(name)


def test_a_fresh_database_has_the_schema_that_the_code_uses(postgres):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    name = postgres.database("template0")
    with pytest.raises(LibraryError, match="it is empty; scan some music"):
        LibraryStore.open(postgres.url(name))
    with LibraryStore.open(postgres.url(name), create=True) as store, store._engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    postgres.drop(name)


def test_a_library_of_the_first_revision_keeps_all_that_it_holds(postgres):
    name = postgres.database("template0")
    make_first_revision(postgres.url(name).replace("postgresql:", "postgresql+psycopg:"))
    with LibraryStore.open(postgres.url(name), read_only=True) as store:  # readers upgrade too
        assert [track.path for track in store.tracks(missing=True)] == ["/music/a.mp3", "/music/\udcff.mp3"]
        assert [len(record.analysis.curve) for record in store.records()] == [5, 5]
        assert [failure.path for failure in store.failures()] == ["/"]
        assert store.columns(["id", "valence"])["id"].tolist() == [2]
        assert store.faults() == []
    with LibraryStore.open(postgres.url(name)) as store:
        put(store, [make_record("/music/new.mp3")])
        assert store.find("/music/new.mp3").id == 4  # not 3, which was given before
    postgres.drop(name)


def test_a_column_that_a_library_lacks_is_added_also_by_readers(url):
    with LibraryStore.open(url) as store:
        put(store, [make_record("/a.mp3", tags=Tags(title="t", album="a"))])
        with store._engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE tracks DROP COLUMN album")
    with LibraryStore.open(url, read_only=True) as store:
        assert [(track.title, track.album) for track in store.tracks()] == [("t", None)]


def test_what_is_wrong_is_told_without_the_password(postgres, url):
    database = url.rpartition("/")[2]
    postgres.sql("DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "DROP ROLE IF EXISTS full_up")
    postgres.sql("CREATE ROLE full_up LOGIN CONNECTION LIMIT 0")
    postgres.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database=database)
    with LibraryStore.open(postgres.url(database, "reader", "s3cret"), read_only=True) as store:
        assert store.count() == 0

    def told(location, expected):
        code, out, errors = call("scan", "/nowhere", "--library", location)
        assert (code, out) == (2, "")
        assert expected in errors
        assert "s3cret" not in errors
        assert errors.count("\n") == 1

    told(postgres.url("none", "postgres", "s3cret"), "***@127.0.0.1")
    told(postgres.url("none", "postgres", "s3cret"), "the server has no such database; have it made")
    told(postgres.url(database, "nobody_here", "s3cret"), "the server does not let this user in;")
    told(postgres.url(database, "reader", "s3cret"), "its user may not write to it;")
    told(postgres.url(database, "full_up", "s3cret"), "the server has too many connections;")
    told(f"postgresql://me:s3cret@127.0.0.1:1/{database}", "the server can't be reached, or has gone;")
    told(f"postgresql://127.0.0.1:1/{database}?password=s3cret", "the server can't be reached, or has gone;")
    told(f"postgresql://me:s3cret@nowhere.invalid/{database}", "the server can't be reached, or has gone;")
    told("postgresql://me:s3cret@host:port/name", "not a database URL")
    told("postgresql:/me:s3cret@host/name", "not a database URL")
    told(f"postgres://me:s3cret@127.0.0.1:1/{database}", "the server can't be reached, or has gone;")
    told(
        f"postgresql://me:s3cret@127.0.0.1:1/{database}?sslmod=require",
        'the database says: invalid connection option "sslmod"',
    )
    told("mysql://me:s3cret@host/name", "a library is a SQLite file, or on a PostgreSQL server.")


def test_a_wrong_password_is_told(postgres, url):
    hba = postgres.folder / "data" / "pg_hba.conf"
    before = hba.read_text()
    postgres.sql("DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'right'")
    hba.write_text(f"host all locked 127.0.0.1/32 scram-sha-256\n{before}")
    postgres.sql("SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)")
    try:
        for password in ("s3cret", ""):
            with pytest.raises(LibraryError, match="takes no such user or password; check both") as told:
                LibraryStore.open(postgres.url(url.rpartition("/")[2], "locked", password))
            assert "s3cret" not in str(told.value)
    finally:
        hba.write_text(before)
        postgres.sql("SELECT pg_reload_conf()")


@pytest.mark.usefixtures("postgres")  # without which it skips, or fails
def test_a_library_outlives_a_restart_of_the_server():
    found = programs()
    assert found is not None
    server = PostgresServer(found, synchronous_commit="on")
    with LibraryStore.open(server.url("template_library")) as store:
        with store.alone():
            put(store, [make_record("/a.mp3")])
            server.stop()
            with pytest.raises(LibraryError, match="can't be reached"):
                store.count()
            server.start()
            assert store.count() == 1
            put(store, [make_record("/b.mp3")])

        def records():
            yield from (make_record(f"/c{number}.mp3") for number in range(600))
            server.stop()
            yield make_record("/d.mp3")

        with pytest.raises(LibraryError, match="can't be reached, or has gone"):
            put(store, records())
        server.start()
        assert store.count() == 2
        assert store.faults() == []
    server.close()


def test_other_databases_of_the_server_change_no_version(postgres, url):
    with LibraryStore.open(url) as store:
        before = store.version()
        postgres.sql("CREATE TABLE IF NOT EXISTS other (a int)", "INSERT INTO other VALUES (1)")
        assert store.version() == before
        put(store, [make_record()])
        assert store.version() != before


def work(url, number):
    with LibraryStore.open(url) as store:
        for turn in range(4):
            names = [f"/{(each * (number + 1)) % 97}.mp3" for each in range(97)]
            put(store, map(make_record, [*names, f"/{number}/{turn}.mp3"]))
            with store.writing() as transaction:
                songs = [make_song(f"song:{each}") for each in range(40)]
                transaction.put_songs(songs[::-1] if number % 2 else songs)


def test_who_write_the_same_tracks_at_once_wait_for_each_other(url):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [url] * 8, range(8)))
    with LibraryStore.open(url) as store:
        assert store.count() == 97 + 8 * 4 + 40
        assert store.faults() == []


def test_readers_see_one_state_of_the_library(url):
    with LibraryStore.open(url) as store, store._reading() as connection:
        counted = sa.select(sa.func.count()).select_from(metadata.tables["tracks"])
        assert connection.scalar(counted) == 0
        put(store, [make_record()])
        assert connection.scalar(counted) == 0


def test_a_lock_of_a_dead_process_is_free(url):
    with LibraryStore.open(url) as one, LibraryStore.open(url) as two, one.alone():
        with two._engine.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            connection.exec_driver_sql(others)
        wait_until_free(two.alone)
        with two.alone():
            put(two, [make_record()])
        assert two.count() == 1


def test_a_lock_is_left_to_a_server_that_does_not_answer(postgres, url):
    wire = Wire(postgres.port)

    def interrupt(store):
        with store.sharing():
            wire.silent = True
            raise KeyboardInterrupt

    with (
        LibraryStore.open(url.replace(f":{postgres.port}/", f":{wire.port}/")) as store,
        pytest.raises(KeyboardInterrupt),
    ):
        interrupt(store)
    wire.close()


def test_a_replica_is_read_from_and_the_main_server_written_to(postgres, url):
    database = url.rpartition("/")[2]
    standby = postgres.standby()
    both = f"postgresql://postgres@/{database}?host=127.0.0.1:{postgres.port}&host=127.0.0.1:{standby.port}"
    only = standby.url(database)

    def is_replica(engine):
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar()

    with LibraryStore.open(both) as store:
        assert [is_replica(store._engine), is_replica(store._reads)] == [False, False]
        put(store, [make_record("/a.mp3")])
    standby.catch_up()
    with LibraryStore.open(both, read_only=True) as store:
        assert is_replica(store._reads)
        assert store.count() == 1
    with LibraryStore.open(both, replica=True) as store:
        assert [is_replica(store._engine), is_replica(store._reads)] == [False, True]
        standby.sql("SELECT pg_wal_replay_pause()")
        put(store, [make_record("/b.mp3")])
        store.playlists.add("mine", [])
        assert store.count() == 1
        # What this process may have changed is read where it was changed.
        assert [each.name for each in store.playlists.all()] == ["mine"]
        standby.sql("SELECT pg_wal_replay_resume()")
        standby.catch_up()
        assert store.count() == 2
        standby.stop()
        assert store.count() == 2
        assert not is_replica(store._reads)
    standby.start()
    with pytest.raises(LibraryError, match="can't be written here"):
        LibraryStore.open(only)
    with pytest.raises(LibraryError, match="can't be written here"):
        LibraryStore.open(f"{only}?target_session_attrs=read-write")
    standby.close()


def test_questions_wait_for_a_connection_and_are_told_if_there_is_none(url, monkeypatch):
    monkeypatch.setattr(postgresql, "BUSY_SECONDS", 0.1)
    with LibraryStore.open(url) as store, ExitStack() as stack:
        for _ in range(postgresql.MOST):
            stack.enter_context(store._engine.connect())
        with pytest.raises(LibraryError, match="all connections to it are taken"):
            store.count()


def test_all_that_one_question_reads_is_of_one_state(url):
    with LibraryStore.open(url) as store:
        with store.one_state():
            before = store.version()
            put(store, [make_record()])
            assert (store.version(), store.count()) == (before, 0)
        assert (store.version().changes, store.count()) == (before.changes + 1, 1)


def test_many_affects_are_read_over_two_connections_of_one_state(url, monkeypatch):
    monkeypatch.setattr(postgresql, "PAGES", 1)
    monkeypatch.setattr(postgresql, "BUSY_SECONDS", 0.1)
    with LibraryStore.open(url) as store:
        with store.writing() as transaction:
            transaction.put_songs(make_song(f"song:{number}") for number in range(600))
        with store.one_state():
            assert store.count() == 600
            put(store, [make_record()])
            assert store.columns(["id"])["id"].tolist() == list(range(1, 601))
        with ExitStack() as stack:
            for _ in range(postgresql.MOST - 1):
                stack.enter_context(store._engine.connect())
            assert store.columns(["id"])["id"].tolist() == list(range(1, 602))  # over the only one that is left
