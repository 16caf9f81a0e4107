import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from img2music.connectors.folders import FolderWalk, is_audio_name, is_image_name


def names(root, walk=None):
    walk = walk if walk is not None else FolderWalk([str(root)])
    return [os.path.relpath(file.path, root) for file in walk]


def make(root, *paths):
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * len(path))


def write_container(path, format_, *, pictures):
    with av.open(str(path), "w", format=format_) as container:
        sound = container.add_stream("libopus" if format_ == "webm" else "aac", rate=48_000)
        film = container.add_stream("mpeg4", rate=10, width=64, height=48) if pictures else None
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux([*sound.encode(frame), *sound.encode(None)])
        if film is not None:
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts = 0
            container.mux([*film.encode(picture), *film.encode(None)])


def test_audio_files_in_order(tmp_path):
    make(
        tmp_path,
        "b/2.mp3",
        "b/10.flac",
        "a/z.OGG",
        "c.wav",
        "cover.jpg",
        "noext",
        "a/.hidden.mp3",
        ".git/x.mp3",
        "a/b.txt",
    )
    assert names(tmp_path) == ["c.wav", "a/z.OGG", "b/10.flac", "b/2.mp3"]
    file = next(iter(FolderWalk([str(tmp_path / "a")])))
    status = (tmp_path / "a" / "z.OGG").stat()
    assert (file.size, file.mtime_ns) == (status.st_size, status.st_mtime_ns)


def test_any_name(tmp_path):
    wanted = [
        b"\xff.mp3",
        "\ub178\ub798.mp3".encode(),
        b"new\nline.mp3",
        "\U0001f3b5.mp3".encode(),
        b"-rf.mp3",
        b" .mp3",
    ]
    for name in wanted:
        (tmp_path / os.fsdecode(name)).touch()
    found = [os.fsencode(Path(file.path).name) for file in FolderWalk([str(tmp_path)])]
    assert found == sorted(wanted)


def test_loops_end_and_real_places_win(tmp_path):
    make(tmp_path, "z/real/song.mp3")
    (tmp_path / "a").symlink_to(tmp_path / "z" / "real")
    (tmp_path / "z" / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "self.mp3").symlink_to(tmp_path / "self.mp3")
    (tmp_path / "dangling.mp3").symlink_to(tmp_path / "nothing.mp3")
    walk = FolderWalk([str(tmp_path)])
    assert names(tmp_path, walk) == ["z/real/song.mp3"]
    assert walk.unreadable == []


def test_a_link_to_elsewhere_is_followed(tmp_path):
    make(tmp_path, "music/a.mp3", "elsewhere/b.mp3")
    (tmp_path / "music" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "music" / "c.mp3").symlink_to(tmp_path / "elsewhere" / "b.mp3")
    assert names(tmp_path / "music") == ["a.mp3", "c.mp3", "link/b.mp3"]


@pytest.mark.parametrize(
    "folder",
    [
        "@eaDir",
        "#recycle",
        "@Recycle",
        "$RECYCLE.BIN",
        "RECYCLER/S-1-5-21-1",
        "System Volume Information",
        "lost+found",
        "LOST.DIR",
        "Network Trash Folder",
        "__MACOSX",
        "files_trashbin",
        ".Trash-1000",
        ".thumbnails",
    ],
)
def test_folders_of_systems_are_left_out_unless_they_are_given(tmp_path, folder):
    make(tmp_path, f"{folder}/files/a.mp3", f"{folder}/files/b.jpg", "c.mp3", "Trash Metal/d.mp3", "Recycler/e.mp3")
    assert names(tmp_path) == ["c.mp3", "Recycler/e.mp3", "Trash Metal/d.mp3"]
    assert names(tmp_path, FolderWalk([str(tmp_path)], is_image_name)) == []
    assert names(tmp_path / folder) == ["files/a.mp3"]


def test_a_container_of_films_is_taken_if_it_holds_sound_alone(tmp_path):
    for name, format_ in (("a.mp4", "mp4"), ("b.webm", "webm"), ("c.MKV", "matroska"), ("d.mov", "mov")):
        write_container(tmp_path / name, format_, pictures=False)
    write_container(tmp_path / "film.mp4", "mp4", pictures=True)
    make(tmp_path, "broken.mp4")
    write_container(tmp_path / "film.mov", "mov", pictures=True)
    assert names(tmp_path) == ["a.mp4", "b.webm", "c.MKV", "d.mov"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_what_is_no_regular_file_is_left_out(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "folder.mp3").mkdir()
    make(tmp_path, "folder.mp3/in.mp3")
    assert names(tmp_path) == ["folder.mp3/in.mp3"]


def test_nested_and_repeated_roots_give_each_file_once(tmp_path):
    make(tmp_path, "a/b/c.mp3")
    walk = FolderWalk([str(tmp_path / "a" / "b"), str(tmp_path), str(tmp_path)])
    assert len(list(walk)) == 1


def test_folders_that_are_not_there_or_are_empty(tmp_path):
    (tmp_path / "empty").mkdir()
    make(tmp_path, "file.mp3")
    walk = FolderWalk([str(tmp_path / "empty"), str(tmp_path / "none"), str(tmp_path / "file.mp3")])
    assert list(walk) == []
    assert walk.empty == [str(tmp_path / "empty")]
    assert [path for path, _ in walk.unreadable] == [str(tmp_path / "none"), str(tmp_path / "file.mp3")]


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions of POSIX")
def test_an_unreadable_folder_is_told_and_the_rest_is_found(tmp_path):
    make(tmp_path, "open/a.mp3", "shut/b.mp3", "zoo/c.mp3")
    (tmp_path / "shut").chmod(0)
    for parent in [tmp_path, *tmp_path.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    code = (
        "import os, sys\nfrom img2music.connectors.folders import FolderWalk\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        f"walk = FolderWalk([{str(tmp_path)!r}])\n"
        "print([os.path.basename(f.path) for f in walk], walk.unreadable)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (tmp_path / "shut").chmod(0o755)
    assert done.stdout.strip() == f"['a.mp3', 'c.mp3'] [({str(tmp_path / 'shut')!r}, 'Permission denied')]", done.stderr


def test_a_very_deep_tree(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):  # deeper than a path may be long
        os.mkdir("deep-folder-name", dir_fd=folder)
        inner = os.open("deep-folder-name", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    walk = FolderWalk([str(tmp_path)])
    assert list(walk) == []
    assert [reason for _, reason in walk.unreadable] == ["File name too long"]


@pytest.mark.parametrize(
    ("name", "audio"), [("a.MP3", True), ("a.mp3.txt", False), ("mp3", False), (".mp3", False), ("a.", False)]
)
def test_extensions(name, audio):
    assert is_audio_name(name) is audio
