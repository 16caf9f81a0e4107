"""Song stacks from a table: trained, killed, taken up again, judged."""

import dataclasses
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.command import environment, img2music, words
from tests.support.made_songs import made_songs, write_table

INPUTS = ("--inputs", "music", "--recipe", "original", "--target", "arousal", "--trials", "1")


def test_killed_and_taken_up_again_it_comes_to_the_same(tmp_path: Path) -> None:
    table = write_table(made_songs(), tmp_path / "songs.csv")
    command = ("train", "music", "--table", table, *INPUTS)
    whole = img2music(*command, "--output", tmp_path / "whole", home=tmp_path).sound(0).json
    journal = tmp_path / "killed" / "journal.jsonl"
    with subprocess.Popen(
        words(*command, "--output", tmp_path / "killed"),
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 100
        while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "killed" / "model.json").exists()
    refused = img2music(*command, "--output", tmp_path / "killed", home=tmp_path).sound(2)
    assert "--resume" in refused.err
    again = img2music(*command, "--output", tmp_path / "killed", "--resume", home=tmp_path).sound(0).json
    for report in (whole, again):
        for target in report["targets"].values():
            target.pop("seconds")
            for one in target["leaderboard"]:
                one.pop("seconds")
    assert again == whole

    shown = img2music(
        "evaluate", "music", "--model", tmp_path / "whole", "--table", table, "--report", tmp_path / "r", home=tmp_path
    )
    report = shown.sound(0).json
    assert report["targets"]["arousal"]["splits"]["artist"]["test"]["r2"] > 0.3
    assert json.loads((tmp_path / "r" / "report.json").read_text()) == report


def test_another_table_teaches_too(tmp_path: Path) -> None:
    songs = made_songs(40)
    others = [dataclasses.replace(song, title=f"Other {song.row}", lyrics=None) for song in made_songs(150, seed=9)]
    table = write_table(songs, tmp_path / "songs.csv")
    more = write_table([*others, *songs[:7]], tmp_path / "more.csv")
    inputs = ("--inputs", "music,other-songs", "--more-songs", more)
    command = ("train", "music", "--table", table, *inputs, "--recipe", "original", "--target", "arousal")
    trained = img2music(*command, "--trials", "0", "--output", tmp_path / "model", home=tmp_path).sound(0)
    assert "more.csv: 150 other songs; 7 more do not count" in trained.err
    assert "other songs: arousal" in trained.json["columns"]
    judge = ("evaluate", "music", "--model", tmp_path / "model", "--table", table)
    assert "--more-songs" in img2music(*judge, home=tmp_path).sound(2).err
    ablation = img2music(*judge, "--more-songs", more, home=tmp_path).sound(0).json["targets"]["arousal"]["ablation"]
    assert set(ablation) == {"all", "music alone", "other-songs alone"}
    assert ablation["other-songs alone"]["r2"] > 0.5


def test_the_library_takes_affects_of_a_model(tmp_path: Path) -> None:
    songs = made_songs(40)
    table = write_table(songs, tmp_path / "songs.csv")
    model = tmp_path / "model"
    command = ("train", "music", "--table", table, "--inputs", "music", "--recipe", "original", "--trials", "0")
    img2music(*command, "--output", model, home=tmp_path).sound(0)
    bare = [
        dataclasses.replace(song, valence=None, energy=None, tempo=song.tempo if place else None)
        for place, song in enumerate(songs)
    ]
    bare_table = write_table(bare, tmp_path / "bare.csv")
    outcome = img2music("import", "table", bare_table, "--affect", model, home=tmp_path).sound(1)
    assert "line 2" in outcome.err
    tracks = img2music("tracks", "--format", "json", home=tmp_path).sound(0).json["tracks"]
    assert len(tracks) == 39
    assert "none" in img2music("import", "table", table, "--affect", "none", home=tmp_path).sound(2).err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--inputs", "music,energy"), "is a target itself"),
        (("--inputs", "spotify"), "predicting them from themselves"),
        (("--inputs", "music", "--valence-column", "rated"), "--scale"),
        (("--inputs", "music", "--valence-column", "rated", "--scale", "1-9"), "no column 'rated'"),
        (("--inputs", "lyric-affect", "--lexicon", "none.txt"), "none.txt"),
        (("--inputs", "music", "--lyric-embedding", "none.csv"), "none.csv"),
        (("--inputs", "music", "--folds", "91"), "folds must be"),
        (("--inputs", "music,other-songs"), "--more-songs"),
        (("--inputs", "music,other-songs", "--more-songs", "none.csv"), "none.csv"),
        (("--inputs", "music,other-songs", "--more-songs", "songs.csv"), "0 whole songs"),
    ],
)
def test_what_can_not_be_is_said_in_one_line(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    table = write_table(made_songs(30), tmp_path / "songs.csv")
    outcome = img2music("train", "music", "--table", table, "--output", tmp_path / "o", *arguments, home=tmp_path)
    assert says in outcome.sound(2).err
    assert len(outcome.err.splitlines()) == 1
    outcome = img2music("evaluate", "music", "--table", table, "--model", tmp_path / "o", home=tmp_path)
    assert "song model" in outcome.sound(2).err
