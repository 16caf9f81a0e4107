"""Where a track is, and what one line of declaration gives a field of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import img2music
from img2music.track import Location
from tests.conftest import ROOT
from tests.support.songs import track, unheard


def test_where_a_track_is():
    assert track(path="/music/a.mp3").location == Location("file", "/music/a.mp3")
    assert str(track(path="/music/a.mp3").location) == "file:/music/a.mp3"
    assert unheard(1, "spotify:4uLU6hMCjMI75M1A2tKUQC").location == Location("spotify", "4uLU6hMCjMI75M1A2tKUQC")
    for nowhere in ("song:0123", "isrc:GBAYE0000351"):
        assert unheard(1, nowhere).location == Location()
    assert str(Location()) == ""


FIELD = """
    mood: str | None = tagged(
        id3=("TMOO",),
        vorbis=("mood",),
        mp4=(),
        ape=("Mood",),
        asf=("WM/Mood",),
        columns=("mood",),
        filtered=True,
    )
    "Mood that somebody wrote."
"""
USE = """
import csv, io, json, sys
from pathlib import Path
import mutagen.flac, soundfile
import img2music, img2music.track
from img2music.connectors.tables import read_songs
from img2music.connectors.tags import read_tags
from img2music.library.exchange import export_library, import_library
from img2music.library.importing import import_table
from img2music.library.listing import TrackList, write_csv
from img2music.library.store import LibraryStore
from img2music.shapes import to_dict
from docs.json_schemas import write

folder = Path(sys.argv[1])
with LibraryStore.open(folder / "library.db") as store:  # that was made before the field was declared
    assert store.find_any("spotify:old").mood is None
    table = folder / "songs.csv"
    table.write_text("title,artist,valence,energy,mood\\na,b,0.5,0.5,Wistful\\n")
    import_table(store, table, read_songs(table))
    (song,) = store.tracks(where=img2music.TrackFilter(mood="wist"))
    assert song.mood == "Wistful"
    assert [each.identifier for each in store.tracks(where=img2music.TrackFilter(not_mood="wist"))] == ["spotify:old"]
    assert [each["mood"] for each in to_dict(TrackList(tracks=list(store.tracks())))["tracks"]] == [None, "Wistful"]
    written = io.StringIO()
    write_csv(written, store.tracks())
    assert [row["mood"] for row in csv.DictReader(written.getvalue().splitlines())] == ["", "Wistful"]
    export_library(store, folder / "new.jsonl")
    assert '"mood":"Wistful"' in (folder / "new.jsonl").read_text()
    assert import_library(store, folder / "old.jsonl").errors == []
soundfile.write(folder / "a.flac", [0.0] * 800, 8000)
tags = mutagen.flac.FLAC(folder / "a.flac")
tags["mood"] = "Wistful"
tags.save()
assert read_tags(folder / "a.flac").mood == "Wistful"
write(folder)
schema = json.loads((folder / "tracks.json").read_text())
assert schema["$defs"]["Track"]["properties"]["mood"]["description"] == "Mood that somebody wrote."
from img2music.cli.tracks import tracks
names = {name for each in tracks.params for name in each.opts}
assert {"--mood", "--not-mood"} <= names
print("found everywhere")
"""


@pytest.fixture
def with_a_field(tmp_path):
    """A package like this one, but for a field more in the declaration."""
    package, code = tmp_path / "src" / "img2music", Path(img2music.__file__).parent
    package.mkdir(parents=True)
    for part in code.iterdir():
        (package / part.name).symlink_to(part)
    declaration = (code / "track.py").read_text(encoding="utf-8")
    head, location, rest = declaration.partition("\n\nTAG_NAMES")
    (package / "track.py").unlink()
    (package / "track.py").write_text(head.rstrip() + FIELD + location + rest, encoding="utf-8")
    return tmp_path / "src"


@pytest.mark.slow
def test_a_field_is_declared_once_and_found_everywhere(tmp_path, with_a_field):
    from img2music.library.exchange import export_library
    from img2music.library.store import LibraryStore
    from tests.support.songs import library, song

    library(tmp_path / "library.db", [], [song("spotify:old", 0.5, 0.5, title="A")]).close()
    with LibraryStore.open(tmp_path / "library.db") as store:
        export_library(store, tmp_path / "old.jsonl")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(with_a_field), str(ROOT)])}
    command = [sys.executable, "-c", USE, tmp_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("found everywhere\n", "")
