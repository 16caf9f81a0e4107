import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
import sqlalchemy as sa

from img2music.errors import LibraryError
from img2music.library.affects import HEARD
from img2music.library.database import locate
from img2music.library.record import pack_curve
from img2music.library.rows import values_of
from img2music.library.schema import HEAD, fold, metadata
from img2music.library.store import LibraryStore
from img2music.track import Tags
from tests.support.songs import make_record, make_song, put

pytestmark = pytest.mark.slow


@pytest.mark.sqlite("its schema")
def test_fresh_library_has_the_schema_that_the_code_uses(tmp_path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    path = tmp_path / "library.db"
    LibraryStore.open(path, create=True).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_head_is_the_newest_revision():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "img2music.library:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def make_first_revision(url):
    """A library as the first revision made it, with two tracks, of which the newest was removed, and a failure."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "img2music.library:migrations")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for name in ("/music/a.mp3", "/music/\udcff.mp3", "/music/removed.mp3"):
            values = values_of(make_record(name, missing=name == "/music/a.mp3")) | {"path": os.fsencode(name)}
            there = {column["name"] for column in sa.inspect(connection).get_columns("tracks")}
            values = {column: value for column, value in values.items() if column in there}
            connection.execute(sa.insert(sa.table("tracks", *map(sa.column, values))), values)
        connection.execute(sa.text("DELETE FROM tracks WHERE id = 3"))
        connection.execute(
            sa.text("INSERT INTO curves VALUES (1, :points), (2, :points)"),
            {"points": pack_curve(make_record().analysis.curve)},
        )
        connection.execute(sa.text("INSERT INTO affects SELECT id, :none FROM tracks WHERE NOT missing"), {"none": b""})
        connection.execute(sa.text("INSERT INTO failures VALUES (:path, 1, 2, 'audio/1', 'is empty')"), {"path": b"/"})
    engine.dispose()


def rows_of(path, table):
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


@pytest.mark.sqlite("its migrations")
def test_a_library_of_the_first_revision_keeps_all_that_it_holds(tmp_path):
    path = tmp_path / "library.db"
    make_first_revision(f"sqlite:///{path}")
    before = {table: rows_of(path, table) for table in ("tracks", "curves", "affects", "failures")}
    with LibraryStore.open(path, read_only=True) as store:  # readers upgrade too
        assert [track.path for track in store.tracks(missing=True)] == ["/music/a.mp3", "/music/\udcff.mp3"]
        assert [len(record.analysis.curve) for record in store.records()] == [5, 5]
    after = {table: rows_of(path, table) for table in before}
    for row in after["tracks"]:
        assert {row.pop(new) for new in row.keys() - before["tracks"][0].keys()} == {None}
    for row in after["failures"]:
        assert [row.pop(new) for new in ("stage", "kind", "attempts")] == ["analyse", "damaged", 1]
    track = after["tracks"][1]
    (packed,) = (row.pop("packed") for row in after["affects"])
    assert np.frombuffer(packed, HEARD).tolist()[0] == (2, track["valence"], track["arousal"])
    assert before["affects"].pop() | after["affects"].pop() == {"track_id": 2, "packed": b"", "words": None}
    assert after == before
    with LibraryStore.open(path) as store:
        put(store, [make_record("/music/new.mp3"), make_record("/music/\udcff.mp3", tags=Tags(title="heard again"))])
        assert store.find("/music/new.mp3").id == 4  # not 3, which was given before
        assert store.find("/music/\udcff.mp3").id == 2
        with store.writing() as transaction:
            transaction.put_songs([make_song("spotify:a")])
            for name in ("/music/new.mp3", "/music/\udcff.mp3"):
                transaction.forget_files(name)
        assert store.faults() == []
        assert sorted(row["track_id"] for row in rows_of(path, "curves")) == [1]


@pytest.mark.sqlite("its migrations")
def test_an_upgraded_library_is_as_a_fresh_one(tmp_path):
    make_first_revision(f"sqlite:///{tmp_path / 'old.db'}")
    schemas = []
    for name in ("old.db", "new.db"):
        LibraryStore.open(tmp_path / name, create=True).close()
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            schemas.append(connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 2").fetchall())
    assert schemas[0] == schemas[1]
    (tracks,) = (row[2] for row in schemas[0] if row[1] == "tracks")
    assert "AUTOINCREMENT" in tracks


@pytest.mark.sqlite("its migrations")
def test_an_upgrade_that_is_cut_short_changes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "library.db"
    make_first_revision(f"sqlite:///{path}")
    before = [rows_of(path, table) for table in ("tracks", "curves", "affects", "alembic_version")]

    def full(*_arguments, **_options):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.batch_alter_table", full)
        with pytest.raises(LibraryError, match="full"):
            LibraryStore.open(path)
    assert [rows_of(path, table) for table in ("tracks", "curves", "affects", "alembic_version")] == before
    LibraryStore.open(path).close()


def test_an_up_to_date_library_opens_without_alembic(tmp_path, at):
    path = at(tmp_path / "library.db")
    LibraryStore.open(path, create=True).close()
    code = f"""
        import sys
        from img2music.library.store import LibraryStore
        LibraryStore.open({str(path)!r}).close()
        sys.exit("alembic" in sys.modules)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 0


@pytest.mark.sqlite("a file that is not there")
def test_missing_library_is_told_and_not_made(tmp_path):
    for options in ({}, {"read_only": True}):
        with pytest.raises(LibraryError, match="no such library"):
            LibraryStore.open(tmp_path / "none.db", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite("an empty file")
def test_empty_file_is_told_and_kept_empty(tmp_path):
    path = tmp_path / "library.db"
    path.touch()
    with pytest.raises(LibraryError, match="empty"):
        LibraryStore.open(path, read_only=True)
    assert path.stat().st_size == 0
    LibraryStore.open(path, create=True).close()
    with LibraryStore.open(path) as store:
        assert store.count() == 0


@pytest.mark.sqlite("another file")
@pytest.mark.parametrize("content", [b"no database" * 500, b"\0" * 5000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path, content):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    for options in ({"create": True}, {}, {"read_only": True}):
        with pytest.raises(LibraryError, match=r"photo\.jpg"):
            LibraryStore.open(path, **options)
    assert path.read_bytes() == content


@pytest.mark.sqlite("another file")
def test_another_programs_database_is_told_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="not an img2music library"):
        LibraryStore.open(path, create=True)
    assert path.read_bytes() == before


def test_a_newer_schema_is_told_and_left_alone(tmp_path, at):
    path = at(tmp_path / "library.db")
    with LibraryStore.open(path, create=True) as store, store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for options in ({"create": True}, {"read_only": True}):
        with pytest.raises(LibraryError, match="newer img2music"):
            LibraryStore.open(path, **options)


@pytest.mark.sqlite("a folder where a file would be")
def test_a_folder_is_told(tmp_path):
    with pytest.raises(LibraryError, match="folder"):
        LibraryStore.open(tmp_path, create=True)


def test_many_make_the_same_library_at_once(tmp_path, server):
    path = server.url(server.database("template0")) if server else tmp_path / "deep" / "library.db"

    def open_and_put(number):
        with LibraryStore.open(path, create=True) as store:
            put(store, [make_record(f"/{number}.mp3")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_and_put, range(8)))
    with LibraryStore.open(path) as store:
        assert store.count() == 8


@pytest.mark.sqlite("a file that goes away")
@pytest.mark.parametrize("change", ["removed", "replaced", "its folder too"])
def test_nothing_is_written_to_what_is_not_there_any_more(tmp_path, change):
    path = tmp_path / "music" / "library.db"
    with LibraryStore.open(path, create=True) as store:
        with pytest.raises(LibraryError, match="replaced, moved or removed"), store.writing():
            path.unlink()  # in the middle of a change
        if change == "replaced":
            with LibraryStore.open(path, create=True):
                pass
        elif change != "removed":
            shutil.rmtree(path.parent)
        for held in (store.writing, store.alone, store.running):
            with pytest.raises(LibraryError, match="replaced, moved or removed"), held():
                pass
        with pytest.raises(LibraryError, match="replaced, moved or removed"):
            store.count()
        assert path.exists() is (change == "replaced")
        assert path.parent.exists() is (change != "its folder too")
    if change == "replaced":
        with LibraryStore.open(path) as store:
            assert store.count() == 0


@pytest.mark.parametrize(
    ("text", "part"),
    [("nonsense://", "nonsense"), ("mysql://x/y", "PostgreSQL"), ("://x", "URL")],
)
def test_urls_that_make_no_library(text, part):
    with pytest.raises(LibraryError, match=part):
        LibraryStore.open(text, create=True)


@pytest.mark.sqlite("a library in memory")
@pytest.mark.parametrize("location", [":memory:", "sqlite://", "sqlite:///:memory:"])
def test_a_library_in_memory_is_gone_when_it_is_closed(tmp_path, monkeypatch, location):
    monkeypatch.chdir(tmp_path)
    with LibraryStore.open(location, create=True) as store:
        with store.alone():
            put(store, [make_record("/a.mp3")])
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: store.find("/a.mp3").path, range(8))) == ["/a.mp3"] * 8
        assert (store.count(), store.faults(), store.location) == (1, [], ":memory:")
        store.compact()
        before = store.version()
        assert before == store.version()
        put(store, [make_record("/b.mp3")])
        assert before != store.version()
        with LibraryStore.open(location) as other:
            assert other.count() == 0
    assert list(tmp_path.iterdir()) == []


def without_labels(path):
    """Take away a field, as if it had not been declared yet when the library was written."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE tracks DROP COLUMN label")
        connection.execute("ALTER TABLE tracks DROP COLUMN label_folded")
        for column in ("disc", "cover"):
            connection.execute(f"ALTER TABLE server_songs DROP COLUMN {column}")
        connection.commit()


@pytest.mark.sqlite("its migrations")
def test_a_field_that_was_declared_since_is_added_when_a_library_is_opened(tmp_path):
    path = tmp_path / "library.db"
    with LibraryStore.open(path, create=True) as store:
        put(store, [make_record("/a.mp3")])
    without_labels(path)
    with LibraryStore.open(path, read_only=True) as store:
        assert store.find("/a.mp3").label is None
        assert store.servers.to_match("home", 5) == []
    with LibraryStore.open(path) as store:
        put(store, [make_record("/a.mp3", tags=Tags(label="ECM"))])
        assert store.find("/a.mp3").label == "ECM"


def test_a_password_is_not_printed():
    assert "secret" not in str(locate("postgresql://user:secret@host/name"))


@pytest.mark.sqlite("its URL")
def test_sqlite_url_and_environment(tmp_path, monkeypatch):
    path = tmp_path / "library.db"
    LibraryStore.open(f"sqlite:///{path}", create=True).close()
    monkeypatch.setenv("IMG2MUSIC_LIBRARY", str(path))
    with LibraryStore.open() as store:
        assert store.location == str(path)
    monkeypatch.delenv("IMG2MUSIC_LIBRARY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert str(locate(None).path).startswith(str(tmp_path))


def in_a_read_only_folder(folder, code):
    """Run code as a user who may read and not write a folder (root may always: it becomes another user)."""
    for item in [folder, *folder.iterdir()]:
        item.chmod(0o555 if item.is_dir() else 0o444)
    for parent in folder.parents:
        if str(parent).count("/") > 1:
            parent.chmod(parent.stat().st_mode | 0o055)
    become = "import os\nif os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    imports = "from img2music.library.store import LibraryStore\nfrom img2music.errors import LibraryError\n"
    imports += "import alembic, platformdirs, filelock\n"
    script = imports + become + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    for item in [folder, *folder.iterdir()]:
        item.chmod(0o755 if item.is_dir() else 0o644)
    return done


@pytest.mark.sqlite("permissions of files")
@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions of POSIX")
def test_reading_works_where_nothing_can_be_written(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    path = folder / "library.db"
    with LibraryStore.open(path, create=True) as store:
        put(store, (make_record(f"/{number}.mp3", instrumentalness=0.1) for number in range(5)))
    without_labels(path)
    done = in_a_read_only_folder(
        folder,
        f"""
        with LibraryStore.open({str(path)!r}, read_only=True) as store:
            print(store.count(), len(list(store.tracks())), len(store.columns(["id"])["id"]), store.faults())
            assert [track.label for track in store.tracks()] == [None] * 5
            assert not any(map(len, store.unmusical().values()))
        try:
            LibraryStore.open({str(path)!r}, create=True)
        except LibraryError as error:
            print(error)
        """,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "5 5 5 []"
    assert "can't be written here" in lines[1] or "can't be opened" in lines[1]


@pytest.mark.sqlite("permissions of files")
@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions of POSIX")
def test_a_log_that_cannot_be_read_in_is_told(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    path = folder / "library.db"
    with LibraryStore.open(path, create=True) as store:
        put(store, [make_record()])
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in ("library.db", "library.db-wal"):
            (copy / name).write_bytes((folder / name).read_bytes())
    done = in_a_read_only_folder(
        copy,
        f"""
        try:
            with LibraryStore.open({str(copy / "library.db")!r}, read_only=True) as store:
                print(store.count())
        except LibraryError as error:
            print(error)
        """,
    )
    assert done.returncode == 0, done.stderr
    assert "not closed properly" in done.stdout or done.stdout.strip() == "1"


def test_fold():
    assert fold("STRASSE") == fold("stra\u00dfe")
    assert fold("\u00c9tude") == fold("e\u0301tude")
