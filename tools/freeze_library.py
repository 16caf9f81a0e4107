"""Writes a small library with the code of the newest schema revision, and what that code says of it.

``python tools/freeze_library.py`` writes to tests/library/frozen. Each revision is frozen once, by the last commit at
which it is the newest. The music is made in ``/music``, which must not be there and is removed again, so that no path
of a real machine is frozen.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import soundfile
from mutagen.id3 import USLT
from numpy.typing import NDArray

MUSIC = Path("/music")
ROOT = Path(__file__).parents[1]
RATE = 22_050
TIME_NS = 1_600_000_000_123_456_789
CHORDS = {"major": (0, 4, 7), "minor": (0, 3, 7)}
QUERIES = [
    (match, valence, arousal)
    for match in ("absolute", "relative")
    for valence, arousal in ((0.8, 0.75), (0.3, 0.25), (0.5, 0.5))
]
GLAD = "Sunshine and laughter\nHappy children dance with joy\nWe love this wonderful, beautiful day\n"
SAD = "I cry alone in the cold dark night\nDeath and sorrow, misery and pain\nMy broken heart is in the grave\n"

# Path, tags, and tonic in Hz, mode, beats a minute and overtones of the sound.
SONGS: list[tuple[bytes, dict[str, str], tuple[float, str, float, int]]] = [
    (
        b"Gr\xc3\xbc\xc3\x9fe/01 Fr\xc3\xbchling.flac",
        {
            "title": "Frühling",
            "artist": "Die Grüße",
            "album": "Jahreszeiten",
            "albumartist": "Verschiedene",
            "genre": "Klassik; 古典",
            "date": "1999-04-01",
            "lyrics": GLAD,
        },
        (262, "major", 132, 12),
    ),
    (
        b"Gr\xc3\xbc\xc3\x9fe/02 Herbst.flac",
        {"title": "Herbst", "artist": "Die Grüße", "album": "Jahreszeiten", "genre": "Klassik", "date": "1999"},
        (220, "minor", 66, 4),
    ),
    (b"night.mp3", {"title": "밤 🎵", "artist": "노래", "genre": "Ballad", "date": "2011"}, (147, "minor", 54, 2)),
    (b"dance.ogg", {"title": "Dance", "artist": 'O\'Neil "Q"', "genre": "Dance"}, (330, "major", 168, 24)),
    (b"caf\xe9.wav", {}, (196, "minor", 96, 8)),
    (b"gone.flac", {"title": "Gone", "artist": "Die Grüße", "date": "2003"}, (294, "major", 108, 6)),
]
TABLE = f"""id,title,artist,album,genre,year,valence,energy,danceability,tempo,key,mode,loudness,duration_ms,lyrics
6f807x0ima9a1j3VPbc7VN,Été,Zoé,Saisons,chanson,1974,0.82,0.71,0.6,121.5,7,1,-7.25,201000,
0c6xIDDpzE81m2q797ordA,Winter,Zoé,Saisons,chanson,1975,0.35,0.3,0.4,70,2,0,-14,185000,"{SAD}"
,No id,Nobody,,,,0.55,0.45,,,,,,,
"""


def sound(tonic: float, mode: str, tempo: float, overtones: int, seconds: float = 40.0) -> NDArray[np.float32]:
    """A chord that is struck on every beat, on the tonic, the fourth, the fifth and the tonic again."""
    time = np.arange(round(seconds * RATE)) / RATE
    roots = np.choose((time * 4 / seconds).astype(int), [0, 5, 7, 0])
    waves = np.zeros_like(time)
    for pitch in CHORDS[mode]:
        phase = 2 * np.pi * np.cumsum(tonic * 2 ** ((roots + pitch) / 12)) / RATE
        waves += sum(np.sin(n * phase) / n for n in range(1, overtones + 1))
    return (0.15 * waves * np.exp(-4 * (time % (60 / tempo)))).astype(np.float32)


def write(path: bytes, samples: NDArray[np.float32], tags: dict[str, str]) -> None:
    """Write a sound file below `MUSIC`."""
    name = MUSIC / os.fsdecode(path)
    name.parent.mkdir(exist_ok=True)
    with name.open("wb") as stream:
        soundfile.write(stream, samples, RATE, format=name.suffix[1:].upper())
    if tags:
        file = mutagen.File(name, easy=True)
        file.update(tags)
        file.save()


def make_music() -> None:
    """Fill `MUSIC`: songs, a copy, lyrics within and beside songs, and files without music."""
    for path, tags, heard in SONGS:
        write(path, sound(*heard), tags)
    words = mutagen.File(MUSIC / "night.mp3")
    words.tags.add(USLT(encoding=3, lang="eng", text=SAD))
    words.save()
    (MUSIC / "dance.lrc").write_text("".join(f"[00:0{n}.00]{line}\n" for n, line in enumerate(GLAD.splitlines())))
    shutil.copy(MUSIC / "Grüße/02 Herbst.flac", MUSIC / "z copy of Herbst.flac")
    write(b"silence.wav", np.zeros(RATE * 6, np.float32), {})
    (MUSIC / "broken é.mp3").write_bytes(b"no sound")
    (MUSIC / "songs.csv").write_text(TABLE, "utf-8")
    for file in MUSIC.rglob("*"):
        os.utime(file, ns=(TIME_NS, TIME_NS))


@contextlib.contextmanager
def music() -> Iterator[None]:
    """Make `MUSIC` for a while."""
    MUSIC.mkdir()
    try:
        make_music()
        yield
    finally:
        shutil.rmtree(MUSIC)


def img2music(library: Path, *arguments: object) -> Any:
    """Run a command; some files and songs can't be read, which is meant."""
    done = subprocess.run(
        [sys.executable, "-m", "img2music", *map(str, arguments), "--library", str(library)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{arguments[0]}: exit code {done.returncode}")
    return json.loads(done.stdout) if "json" in arguments else None


def recommend(library: Path, match: str, valence: float, arousal: float) -> dict[str, Any]:
    """Ask for songs of an affect."""
    asked = ("--match", match, "--valence", valence, "--arousal", arousal, "--top", 5)
    (answer,) = img2music(library, "recommend", "--format", "json", *asked)["recommendations"]
    matches = [
        {"id": each["track"]["id"], "similarity": each["similarity"], "passage": each["passage"]}
        for each in answer["matches"]
    ]
    return {"match": match, "valence": valence, "arousal": arousal, "matches": matches}


def freeze(folder: Path) -> None:
    """Write a library, what the code says of it, and its export."""
    newest = max(path.name for path in (ROOT / "src/img2music/library/migrations/versions").glob("r*.py"))
    target = folder / newest[:5]
    with tempfile.TemporaryDirectory() as temporary, music():
        library = Path(temporary) / "library.db"
        img2music(library, "scan", MUSIC, "--jobs", 1)
        (MUSIC / "gone.flac").unlink()
        img2music(library, "scan", MUSIC, "--jobs", 1)
        img2music(library, "import", "table", MUSIC / "songs.csv")
        img2music(library, "lyrics", "fetch")
        told = {
            "tracks": img2music(library, "tracks", "--format", "json")["tracks"],
            "recommendations": [recommend(library, *query) for query in QUERIES],
        }
        target.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
        target.with_suffix(".jsonl").unlink(missing_ok=True)
        img2music(library, "library", "export", target.with_suffix(".jsonl"))
        with contextlib.closing(sqlite3.connect(library)) as connection:
            target.with_suffix(".sql").write_text("\n".join(connection.iterdump()) + "\n", "utf-8")


if __name__ == "__main__":
    freeze(ROOT / "tests/library/frozen")
