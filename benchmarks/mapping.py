"""Songs of a music server matched to tracks: how many rightly, on made servers; time and memory of many."""

import argparse
import multiprocessing
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from img2music.connectors.connections import Connection
from img2music.connectors.opensubsonic import OpenSubsonic
from img2music.library.matched_servers import renew
from img2music.library.store import LibraryStore
from tests.support.made_servers import Judged, MadeServer, by_artist_and_title, judge, make, records
from tests.support.music_servers import SubsonicServer, entry

TUNED, REPORTED = (1, 2, 3, 4), (2026, 2027, 2028)
"""Seeds of the sets by which rules were chosen, and of those that are reported."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--songs", type=int, default=5000, help="songs of a set")
    parser.add_argument("--many", type=int, default=50_000, help="songs of the server that is timed; 0 for none")


def run(options: argparse.Namespace) -> Report:
    unsure = ["listed as unsure", "neither mapped nor listed"]
    report = Report("mapping", ["set", "songs", "tracks", "precision", "recall", *unsure, "seconds", "MB"])
    failures: dict[str, int] = {}
    for seed in (*TUNED, *REPORTED):
        made = make(options.songs, seed)
        found = measured(made)
        judged = judge(made, found["tracks"], found["unsure"])
        name = f"{'tuned' if seed in TUNED else 'reported'}, seed {seed}"
        sizes = (len(made.songs), len(made.tracks))
        report.add(name, *sizes, *_figures(judged, found))
        usual = judge(made, by_artist_and_title(made))
        report.add(f"{name}, by artist and title", *sizes, usual.precision, usual.recall, "", "", "", "")
        if seed in REPORTED:
            for what, kinds in (("wrong", judged.wrong), ("lost", judged.lost), ("untold", judged.untold)):
                for kind, count in kinds.items():
                    failures[f"{what}: {kind}"] = failures.get(f"{what}: {kind}", 0) + count
    if options.many:
        made = make(options.many, REPORTED[0])
        found = measured(made)
        judged = judge(made, found["tracks"], found["unsure"])
        report.add("many, over HTTP", len(made.songs), len(made.tracks), *_figures(judged, found))
    told = ", ".join(f"{count} {what}" for what, count in sorted(failures.items(), key=lambda each: -each[1]))
    report.note = f"Of the {len(REPORTED)} reported sets: {told}."
    return report


def _figures(judged: Judged, found: dict[str, Any]) -> tuple[float, ...]:
    unsure = len(found["unsure"]), judged.untold.total()
    return judged.precision, judged.recall, *unsure, found["seconds"], found["MB"]


def measured(made: MadeServer) -> dict[str, Any]:
    """Walk a server on loopback and match its songs in a process of its own."""
    ids = {f"{number}": song.id for number, song in enumerate(made.songs)}
    with tempfile.TemporaryDirectory() as folder, SubsonicServer([told(each) for each in made.songs]) as server:
        library = Path(folder) / "library.db"
        with LibraryStore.open(library, create=True) as store, store.writing() as transaction:
            transaction.put(records(made))
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            found: dict[str, Any] = pool.apply(renewed, (str(library), server.url))
    for name in ("tracks", "unsure"):
        found[name] = {ids[song]: value for song, value in found[name].items()}
    return found


def told(song: Any) -> dict[str, Any]:
    """A song as an OpenSubsonic server tells of it."""
    number = int(song.id[1:6])
    more = {
        "id": str(number),
        "title": song.title,
        "album": song.album,
        "artist": song.artist,
        "displayAlbumArtist": song.album_artist,
        "track": song.number,
        "year": song.year,
        "size": song.size,
        "suffix": song.suffix,
        "duration": song.duration,
        "path": song.path,
        "musicBrainzId": song.recording,
    }
    whole = entry(number, **more)
    return {name: value for name, value in whole.items() if value is not None}


def renewed(library: str, url: str) -> dict[str, Any]:
    """Read and match; what came of it, seconds, and the most memory that the process has had."""
    connection = Connection(name="home", kind="subsonic", url=url, user=SubsonicServer.USER)
    with LibraryStore.open(library) as store:
        server = OpenSubsonic(connection, SubsonicServer.PASSWORD)
        start = time.perf_counter()
        renew(store, server, connection, server.look().counts.get("songs"))
        took = time.perf_counter() - start
        status = Path("/proc/self/status").read_text(encoding="ascii")
        (most,) = re.findall(r"VmHWM:\s*(\d+) kB", status)
        server.close()
        songs = [each.id for each in store.servers.songs("home")]
        listed = store.servers.mapped("home", state="unsure")
        unsure = {each.song: [candidate.track for candidate in each.candidates] for each in listed}
        tracks = store.servers.tracks_of("home", songs)
    return {"tracks": tracks, "unsure": unsure, "seconds": took, "MB": int(most) / 1024}
