"""Songs that are made up, whose targets follow from their columns and words."""

import csv
from pathlib import Path

import numpy as np

from img2music.music.song import Song
from img2music.research.songs.inputs import make_groups
from img2music.research.songs.stacking import complete
from img2music.research.songs.targets import spotify_target

GLAD, SAD = ("sunny smile dancing golden", "rainy tears broken grey")


def made_songs(count: int = 90, seed: int = 0) -> list[Song]:
    """Valence follows danceability and the words, energy loudness; three songs by each artist."""
    random = np.random.default_rng(seed)
    songs = []
    for number in range(count):
        danceability, speechiness, liveness = random.uniform(0.05, 0.95, 3).tolist()
        loudness = float(random.uniform(-20, -3))
        glad = bool(random.random() < 0.5)
        noise = random.normal(0, 0.02, 2)
        songs.append(
            Song(
                row=number + 2,
                title=f"Song {number}",
                artist=f"Artist {number // 3}",
                lyrics=f"I am here with you, {GLAD if glad else SAD}, number {number}!",
                danceability=danceability,
                speechiness=speechiness,
                liveness=liveness,
                instrumentalness=0.0 if number % 2 else 0.4,
                acousticness=float(random.uniform(0, 1)),
                loudness=loudness,
                tempo=float(random.uniform(60, 180)),
                key=number % 12,
                mode=number % 2,
                valence=float(np.clip(0.15 + 0.5 * danceability + 0.2 * glad + noise[0], 0, 1)),
                energy=float(np.clip((loudness + 20) / 17 * 0.8 + 0.1 + noise[1], 0, 1)),
            )
        )
    return songs


COLUMNS = (
    "title",
    "artist",
    "lyrics",
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
)


def write_table(songs: list[Song], file: Path, **more: list[str]) -> Path:
    """Write them as a CSV; more columns may be given whole."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow([*COLUMNS, *more])
        for place, song in enumerate(songs):
            cells = ["" if (value := getattr(song, name)) is None else value for name in COLUMNS]
            table.writerow([*cells, *(column[place] for column in more.values())])
    return file


SONGS = made_songs(90)


def data_of(songs=SONGS, inputs=("music", "lyric-style", "lyric-words"), axes=("valence", "arousal")):
    return complete(songs, [spotify_target(songs, axis) for axis in axes], make_groups(inputs))
