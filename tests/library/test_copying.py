import pytest
import sqlalchemy as sa

import img2music
from img2music.affect import Affect
from img2music.connectors.music_server import ServerSong
from img2music.errors import LibraryError
from img2music.library.copying import TABLES
from img2music.library.mapping import Candidate, Evidence, Mapped, Verdict
from img2music.library.playlists import PlaylistEntry
from img2music.library.projects import Change
from img2music.library.record import Failure, Feedback, FeedbackKind, JudgedPicture, LyricsRecord
from img2music.library.servers import Link
from img2music.library.store import LibraryStore
from img2music.remarks import remark
from img2music.track import Tags
from tests.support.commands import call
from tests.support.songs import make_record, make_song, put

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

PICTURE = JudgedPicture(path="/p.jpg", content="c0", affect=Affect(0.25, 0.75), model="colours/1")
SAID = Feedback(
    id=0,
    person="me",
    said="2020-01-01T00:00:00.000Z",
    kind=FeedbackKind.AFFECT,
    affect=Affect(0.1, 0.2),
    picture=PICTURE,
)


@pytest.fixture
def locations(tmp_path, postgres):
    """A file and a database, neither with anything in it."""
    name = postgres.database()
    yield str(tmp_path / "library.db"), postgres.url(name)
    postgres.drop(name)


def fill(store):
    """Put something into every table that is copied."""
    put(
        store, [make_record("/a.mp3", tags=Tags(title="\u00e9 \U0001f3b5", artist="x\ty\\N\n")), make_record("/\udcff")]
    )
    put(store, [make_record("/gone.mp3", missing=True), make_record("/removed.mp3")])
    with store.writing() as transaction:
        transaction.put_songs([make_song("spotify:a"), make_song("song:b", tags=Tags(title="T"), duration=None)])
        transaction.add_source("table.csv", ["song:b"])
        transaction.forget_files("/removed.mp3")
        transaction.put_failure(Failure("/bad\udcfe.mp3", 3, 4, "audio/1", "is empty"))
        transaction.put_lyrics([(1, LyricsRecord("tags", "la\nla", False, "en", 5, 0.9))])
        transaction.put_lyrics([(2, LyricsRecord("lrclib", None, True, None, 6))])
        transaction.remove_feedback(transaction.add_feedback([SAID, SAID])[1])
    evening = store.playlists.add("Evening", [PlaylistEntry(2, 1.0, 2.5), PlaylistEntry(1)])
    walk = store.servers.begin("home", "http://h")
    store.servers.put("home", walk, [ServerSong(id="s1", title="\u00e9", path="/x/a.mp3", liked=True)])
    sure = Candidate(1, Evidence(Verdict.SURE, 9.5, "path", (remark("same-path"),)))
    store.servers.put_matched("home", [Mapped("s1", (sure,), (), sure.evidence.why)])
    store.servers.put_link("home", Link(playlist=evening.id, id=None, mark="m", name="Evening", sending=("s1",)))
    project = store.projects.add("Trip", "/films/\udcff.mp4", {"songs": 3})
    store.projects.put(project.id, None, Change("spot"), "{}", reading=b"seen")


def rows(store):
    with store._engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in TABLES
        }


def test_a_copy_there_and_back_is_equal_and_numbers_go_on(locations, tmp_path):
    file, url = locations
    back = str(tmp_path / "back.db")
    with LibraryStore.open(file, create=True) as store:
        fill(store)
        before = rows(store)
    assert all(before.values())
    for source, target in ((file, url), (url, back)):
        assert call("library", "copy", source, target) == (0, "", "img2music: 5 tracks copied.\n")
        with LibraryStore.open(target) as store:
            assert rows(store) == before
            assert store.faults() == []
    for location in (url, back):
        with LibraryStore.open(location) as store:
            put(store, [make_record("/new.mp3")])
            highest = max(row[0] for row in before["tracks"])
            assert store.find("/new.mp3").id > highest
            with store.writing() as transaction:
                assert transaction.add_feedback([SAID]) == [3]


def test_only_an_empty_library_is_copied_into(locations):
    file, url = locations
    for location in locations:
        with LibraryStore.open(location, create=True) as store:
            fill(store)
    for source, target in ((file, url), (url, file), (url, url)):
        code, _, told = call("library", "copy", source, target)
        assert (code, "it is not empty; give a new one." in told) == (2, True)


def test_a_copy_that_is_cut_short_leaves_nothing(locations):
    file, url = locations
    with LibraryStore.open(file, create=True) as store:
        fill(store)

    def stop(step):
        if step.done > 5:
            raise KeyboardInterrupt

    with img2music.Library.open(file) as library:
        with pytest.raises(KeyboardInterrupt):
            library.copy(url, progress=stop)
        with img2music.Library.open(url) as copy:
            assert len(copy) == 0
        assert library.copy(url) == 5


def test_a_library_in_use_is_not_copied_into(locations):
    file, url = locations
    with LibraryStore.open(file, create=True) as store, LibraryStore.open(url) as target:
        fill(store)
        with target.alone(), img2music.Library.open(file) as library, pytest.raises(LibraryError, match="another scan"):
            library.copy(url)
