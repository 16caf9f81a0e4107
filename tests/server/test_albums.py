"""Albums over HTTP: from photos to a film that was changed by hand, and what is refused."""

import io
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from img2music import Library
from img2music.app.albums import read_added
from img2music.app.library import store_of
from img2music.app.projects import make_project_proxy, read_project_film, render_project
from img2music.errors import InputError
from img2music.library.projects import digest_of
from img2music.media.video import survey_of
from img2music.soundtrack.own_sound import FilmTrack
from tests.conftest import Locations
from tests.support.projects import add_songs
from tests.support.soundtracks import Track, film

pytest.importorskip("fastapi")
from starlette.testclient import TestClient

from img2music.app.job_work import Rendering, _render
from img2music.library.jobs import JobState
from img2music.progress import unwatched
from img2music.server.app import create_app

pytestmark = pytest.mark.slow

CHANGES = {"X-Img2music": "1"}
COLOURS = {"a": (235, 190, 80), "b": (30, 40, 80), "c": (200, 50, 40), "d": (120, 190, 140)}
SMALL = {"size": 90, "fps": 10, "seconds_per_photo": 3.0}


def picture(colour: tuple[int, int, int], taken: str | None = None) -> bytes:
    content, image = io.BytesIO(), Image.new("RGB", (160, 90), colour)
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    image.save(content, "JPEG", exif=exif)
    return content.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four photos, of which the last by name was taken first, and what is none."""
    trip = tmp_path / "films" / "trip"
    trip.mkdir(parents=True)
    for number, (name, colour) in enumerate(COLOURS.items()):
        (trip / f"{name}.jpg").write_bytes(picture(colour, f"2024:07:0{9 - number} 12:00:00"))
    (trip / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (tmp_path / "secret.jpg").write_bytes(picture((1, 2, 3)))
    (trip / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (trip / ".hidden.jpg").write_bytes(picture((1, 2, 3)))
    return trip


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[Library]:
    with Library.open(at(tmp_path / "library.db")) as opened:
        add_songs(opened, tmp_path / "music")
        yield opened


@pytest.fixture
def client(library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server whose jobs wait, as these tests do them."""
    monkeypatch.setattr("img2music.app.jobs.JobQueue.start", lambda _: None)
    app = create_app(library, cache=tmp_path / "cache", films=[str(folder.parent)])
    with TestClient(app, base_url="http://localhost", headers=CHANGES) as opened:
        yield opened


def told(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["detail"])


def begun(client: TestClient, body: dict[str, Any], **album: Any) -> dict[str, Any]:
    answer = client.post("/api/projects", json={"album": SMALL | album, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def read(client: TestClient, library: Library, project: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The album once its photos are read, and what is to be said of them."""
    _, notes = read_project_film(store_of(library), project["id"], unwatched)
    return now(client, project), notes


def now(client: TestClient, project: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/projects/{project['id']}").json())


def edit(client: TestClient, project: dict[str, Any], **wish: object) -> dict[str, Any]:
    answer = client.post(f"/api/projects/{project['id']}/edits", json={"revision": project["revision"], "edit": wish})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(project: dict[str, Any]) -> str:
    return "".join(Path(each["path"]).stem for each in project["sheet"]["slideshow"]["photos"])


def test_an_album_of_a_folder_is_read(client: TestClient, library: Library, folder: Path) -> None:
    (listed,) = client.get("/api/films").json()["folders"]
    (trip,) = client.get("/api/films", params={"folder": listed["path"]}).json()["folders"]
    assert client.get("/api/films", params={"folder": trip["path"]}).json()["photos"] == 5
    new = begun(client, {"folder": trip["path"]}, order="date", captions="name")
    assert (new["kind"], new["name"], new["sheet"], new["ready"]) == ("album", "trip", None, False)
    project, notes = read(client, library, new)
    assert names(project) == "dcba"
    assert sum("broken.jpg" in each for each in notes) == 1
    assert not any("link" in each or "hidden" in each for each in notes)
    at = f"/api/projects/{project['id']}"
    strip = client.get(f"{at}/strip").json()
    assert strip["cuts"] == [each["start"] for each in project["sheet"]["slideshow"]["photos"][1:]]
    assert len(strip["affect"]) == 24


def loud(start: float, end: float, seconds: float, level: float) -> Track:
    """A tone between two times, and silence around it."""
    times = np.arange(round(seconds * 48_000)) / 48_000
    tone = level * np.sin(2 * np.pi * 440.0 * times) * ((times >= start) & (times < end))
    return Track(np.stack([tone, tone]).astype(np.float32))


def test_the_sound_of_clips_is_drawn_where_they_are_seen(
    client: TestClient, library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(folder / "b2.mp4", 4.0, loud(2.0, 2.5, 4.0, 0.8))
    film(folder / "e.mp4", 4.0, loud(1.0, 1.5, 4.0, 0.2))
    film(folder / "f.mp4", 2.0)
    album = {"seconds_per_photo": 3.0, "cross_fade": 0.0}
    project, _ = read(client, library, begun(client, {"folder": str(folder)}, **album))
    decoded: list[str] = []
    blocks = FilmTrack.blocks

    def counted(track: FilmTrack, stretches: Any) -> Any:
        decoded.append(Path(track.path).name)
        return blocks(track, stretches)

    monkeypatch.setattr(FilmTrack, "blocks", counted)

    def drawn(state: dict[str, Any]) -> None:
        decoded.clear()
        answer = client.get(f"/api/projects/{state['id']}/peaks")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert len(told["peaks"]) == math.ceil(told["per_second"] * state["sheet"]["film"]["duration"])
        for photo in state["sheet"]["slideshow"]["photos"]:
            first = round(told["per_second"] * photo["start"])
            if Path(photo["path"]).name == "b2.mp4":
                heard = told["peaks"][first + 42 : first + 48]
                assert min(heard) > 240, heard
                assert max(told["peaks"][first + 1 : first + 38]) < 5
            elif Path(photo["path"]).name == "e.mp4":
                assert 55 < max(told["peaks"][first + 20 : first + 30]) < 75  # as loud beside the other as it is

    drawn(project)
    assert sorted(decoded) == ["b2.mp4", "e.mp4"]
    for wish in (
        {"kind": "photo-caption", "photo": 0, "caption": "Here"},
        {"kind": "photo-move", "photo": 0, "to": 3},
        {"kind": "photo-remove", "photo": 0},
    ):
        project = edit(client, project, **wish)
        drawn(project)
        assert not decoded  # what was heard before is not decoded once more
    names_ = [Path(each["path"]).name for each in project["sheet"]["slideshow"]["photos"]]
    for name in ("b2.mp4", "e.mp4"):
        project = edit(client, project, kind="photo-remove", photo=names_.index(name))
        names_.remove(name)
    assert not any(client.get(f"/api/projects/{project['id']}/peaks").json()["peaks"])


def test_an_album_is_changed_undone_redone_seen_and_rendered(
    client: TestClient, library: Library, folder: Path, tmp_path: Path
) -> None:
    project, _ = read(client, library, begun(client, {"folder": str(folder)}, order="date"))
    at = f"/api/projects/{project['id']}"
    states = [project]
    wishes: list[dict[str, Any]] = [
        {"kind": "album-order", "order": "mood"},
        {"kind": "photo-move", "photo": 0, "to": 2},
        {"kind": "photo-caption", "photo": 1, "caption": "At last"},
        {"kind": "photo-length", "photo": 1, "seconds": 5.0},
        {"kind": "swap", "cue": 0, "track": 2},
        {"kind": "photo-remove", "photo": 3},
        {"kind": "album-length", "total": 6.0},
        {"kind": "album-look", "captions": "none", "shape": "1:1", "still": True},
    ]
    for wish in wishes:
        states.append(edit(client, states[-1], **wish))
        assert states[-1]["undo"]["kind"] == wish["kind"]
    endless = {"kind": "photo-caption", "photo": 0, "caption": "y" * 501}
    refused = client.post(f"{at}/edits", json={"revision": states[-1]["revision"], "edit": endless})
    assert refused.status_code == 422
    assert now(client, project) == states[-1]  # nothing of it was kept
    last = states[-1]
    for state in reversed(states[:-1]):
        last = client.post(f"{at}/undo", json={"revision": last["revision"]}).json()
        assert last["sheet"] == state["sheet"]
    for state in states[1:]:
        last = client.post(f"{at}/redo", json={"revision": last["revision"]}).json()
        assert last["sheet"] == state["sheet"]
    show = last["sheet"]["slideshow"]
    assert (last["sheet"]["film"]["duration"], len(show["photos"]), show["width"], show["height"]) == (6.0, 3, 90, 90)
    refused = client.post(f"{at}/edits", json={"revision": project["revision"], "edit": wishes[1]})
    assert "changed meanwhile" in told(refused, 409)

    assert told(client.get(f"{at}/film"), 409)
    assert [job["kind"] for job in client.get("/api/jobs").json()["jobs"]].count("proxy") == 1
    make_project_proxy(store_of(library), project["id"], unwatched)
    assert now(client, project)["ready"]
    preview = tmp_path / "preview.mp4"
    preview.write_bytes(client.get(f"{at}/film").content)
    assert survey_of(preview).duration == pytest.approx(6.0)

    row = store_of(library).projects.find(project["id"])
    assert row.sheet is not None
    step = row.position, digest_of(row.sheet)
    render_project(store_of(library), row.id, step, Rendering.FILM, tmp_path / "out.mp4", progress=unwatched)
    render_project(store_of(library), row.id, step, Rendering.MUSIC, tmp_path / "out.wav", progress=unwatched)
    with av.open(str(tmp_path / "out.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    for each, start in zip(show["photos"], [each["start"] for each in show["photos"]], strict=True):
        colour = COLOURS[Path(each["path"]).stem]
        assert np.abs(frames[round(10 * start) + 9][45, 45].astype(int) - colour).max() < 12
    music, rate = soundfile.read(tmp_path / "out.wav")
    assert len(music) == 6 * rate
    revision = last["revision"]
    heard = client.get(f"{at}/mix", params={"revision": revision, "start": 0, "seconds": 6})
    part, _ = soundfile.read(io.BytesIO(heard.content))
    assert len(part) == 6 * rate
    assert np.corrcoef(part[:, 0], music[:, 0])[0, 1] > 0.99
    assert len(client.get(f"{at}/gains", params={"revision": revision}).json()["cues"]) == len(last["sheet"]["cues"])
    assert "no sound of its own" in told(client.post(f"{at}/render", json={"revision": revision, "kind": "stems"}), 422)
    for format_ in ("otio", "songs.csv", "vtt"):
        assert client.get(f"{at}/export", params={"format": format_}).status_code == 200


def test_photos_come_to_an_album_later(client: TestClient, library: Library, folder: Path) -> None:
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    before, at = project["sheet"], f"/api/projects/{project['id']}"

    def refused(**wish: object) -> str:
        body = {"revision": project["revision"], "edit": {"kind": "photo-add", **wish}}
        return told(client.post(f"{at}/edits", json=body), 422)

    assert "broken.jpg" in refused()  # nothing else is there
    assert "in this album already" in refused(names=["a.jpg"])
    for none in ("secret.jpg", "link.jpg", "../secret.jpg", ".hidden.jpg"):
        assert "There is no photo" in refused(names=[none])
    (folder / "e.jpg").write_bytes(picture((10, 20, 30)))
    (folder / "f.jpg").write_bytes(picture((200, 220, 130)))
    added = edit(client, project, kind="photo-add", names=["f.jpg"], to=1)
    assert (names(added), added["undo"]["kind"]) == ("afbcd", "photo-add")
    film, cues = added["sheet"]["film"], added["sheet"]["cues"]
    assert film["duration"] == pytest.approx(before["film"]["duration"] + 3.0, abs=0.11)
    assert sum(each["end"] - each["start"] for each in cues) == pytest.approx(film["duration"], abs=0.01)
    assert client.get(f"{at}/photos", params={"path": str(folder / "f.jpg"), "side": 64}).status_code == 200
    everything = edit(client, added, kind="photo-add")
    assert names(everything) == "afbcde"
    for number in range(10):
        (folder / f"g{number}.jpg").write_bytes(picture((200, 10 * number, 130)))
    longer = edit(client, everything, kind="photo-add")  # than the song, so that music is chosen for all
    assert sum(each["end"] - each["start"] for each in longer["sheet"]["cues"]) == pytest.approx(48.0, abs=0.5)
    everything = client.post(f"{at}/undo", json={"revision": longer["revision"]}).json()
    taken_out = edit(client, everything, kind="photo-remove", photo=5)
    assert names(edit(client, taken_out, kind="photo-add", names=["e.jpg"], to=0)) == "eafbcd"
    last = now(client, project)
    for _ in range(4):
        last = client.post(f"{at}/undo", json={"revision": last["revision"]}).json()
    assert last["sheet"] == before


def test_photos_are_sent_to_an_album_later(client: TestClient, library: Library, folder: Path) -> None:
    def send(name: str) -> str:
        files = {"file": (name, picture((200, 90, 60)), "image/jpeg")}
        return str(client.post("/api/pictures", files=files).json()["id"])

    project, _ = read(client, library, begun(client, {"pictures": [send("sea.jpg")], "name": 'Our "sea": 1/2'}))
    at = f"/api/projects/{project['id']}"
    kept = client.post(f"{at}/photos", json={"pictures": [send("SEA.jpg")]})
    assert (kept.status_code, kept.json()) == (201, {"names": ["SEA 2.jpg"]})
    added = edit(client, project, kind="photo-add", names=kept.json()["names"])
    assert [Path(each["path"]).name for each in added["sheet"]["slideshow"]["photos"]] == ["sea.jpg", "SEA 2.jpg"]
    captioned = edit(client, added, kind="photo-caption", photo=0, caption="sea \U00012345")
    job = client.post(f"{at}/render", json={"revision": captioned["revision"], "kind": "film"}).json()
    jobs = store_of(library).jobs
    assert jobs.begin(job["id"])
    counts, notes = _render(store_of(library), jobs.request(job["id"]) | {"id": job["id"]}, unwatched)
    assert counts["absent_letters"] == 1
    assert any("1 letter" in each for each in notes)
    jobs.end(job["id"], JobState.DONE, result=counts, error=None)
    disposition = client.get(f"/api/jobs/{job['id']}/file").headers["content-disposition"]
    assert unquote(disposition).endswith("Our _sea__ 1_2.mp4")
    other = begun(client, {"folder": str(folder)})
    body = {"pictures": [send("more.jpg")]}
    assert "folder of their own" in told(client.post(f"/api/projects/{other['id']}/photos", json=body), 422)
    assert not (folder / "more.jpg").exists()


def test_photos_that_two_servers_add_at_once_are_all_known(
    client: TestClient, library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    for name in "ef":
        (folder / f"{name}.jpg").write_bytes(picture((10, 20, 30)))
    quicker: list[dict[str, Any]] = []

    def interrupted(*given: Any, **rest: Any) -> bytes:
        found = read_added(*given, **rest)
        if not quicker:  # another server adds one while this one reads
            quicker.append({})
            with TestClient(other, base_url="http://localhost", headers=CHANGES) as opened:
                quicker[0] = edit(opened, project, kind="photo-add", names=["e.jpg"])
        return found

    other = create_app(library, cache=tmp_path / "other", films=[str(folder.parent)])
    monkeypatch.setattr("img2music.app.projects.read_added", interrupted)
    body = {"revision": project["revision"], "edit": {"kind": "photo-add", "names": ["f.jpg"]}}
    assert "changed meanwhile" in told(client.post(f"/api/projects/{project['id']}/edits", json=body), 409)
    assert now(client, project)["sheet"] == quicker[0]["sheet"]
    both = edit(client, quicker[0], kind="photo-add", names=["f.jpg"])
    assert names(both) == "abcdef"
    make_project_proxy(store_of(library), project["id"], unwatched)  # for which each has to be known


def test_photos_that_are_sent_are_kept_and_go_with_the_album(client: TestClient, library: Library) -> None:
    sent = []
    for colour in (COLOURS["a"], COLOURS["b"]):
        files = {"file": ("여름/바다.jpg", picture(colour), "image/jpeg")}
        sent.append(client.post("/api/pictures", files=files).json()["id"])
    project, _ = read(client, library, begun(client, {"pictures": sent, "name": "바다"}))
    photos = project["sheet"]["slideshow"]["photos"]
    assert [Path(each["path"]).name for each in photos] == ["바다 2.jpg", "바다.jpg"]
    for each in sent:
        client.delete(f"/api/pictures/{each}")
    path = photos[0]["path"]
    at = f"/api/projects/{project['id']}"
    shown = client.get(f"{at}/photos", params={"path": path, "side": 64})
    assert Image.open(io.BytesIO(shown.content)).size == (64, 36)
    make_project_proxy(store_of(library), project["id"], unwatched)
    assert client.get("/api/projects").json()["projects"][0]["cover"] == path
    project = now(client, project)
    assert client.delete(at, params={"revision": project["revision"]}).status_code == 204
    assert not Path(path).parent.exists()
    assert not [*store_of(library).films_folder.glob("previews/*")]  # type: ignore[union-attr]


def test_what_is_sent_by_names_that_tell_nothing_is_in_the_album(
    client: TestClient, library: Library, tmp_path: Path
) -> None:
    sent = []
    for name in ("image", "IMG_1.", "1000012345", "scan.txt", "a.mov"):
        files = {"file": (name, picture(COLOURS["a"]), "image/jpeg")}
        sent.append(client.post("/api/pictures", files=files).json()["id"])
    clip = film(tmp_path / "clip.mp4", 2.0).read_bytes()
    upload = client.post("/api/films/uploads", json={"name": "clip", "bytes": len(clip)}).json()["id"]
    client.put(f"/api/films/uploads/{upload}", params={"start": 0}, content=clip)
    project, _ = read(client, library, begun(client, {"pictures": sent, "clips": [upload]}))
    assert len(project["sheet"]["slideshow"]["photos"]) == 6


def test_a_photo_that_is_gone_is_told_as_one(client: TestClient, library: Library, folder: Path) -> None:
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    (folder / "a.jpg").unlink()
    shown = {"path": str(folder / "a.jpg"), "side": 64}
    answer = client.get(f"/api/projects/{project['id']}/photos", params=shown)
    assert "the photo is not there any more" in told(answer, 422)


def test_an_album_is_taken_along_to_another_machine(
    client: TestClient, library: Library, folder: Path, tmp_path: Path
) -> None:
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    project = edit(client, project, kind="photo-move", photo=0, to=3)
    exported = client.get(f"/api/projects/{project['id']}/export", params={"format": "project"}).json()
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    file = {"file": ("trip.project.json", json.dumps(exported).encode(), "application/json")}
    for name in "abc":
        (folder / f"{name}.jpg").rename(elsewhere / f"{name}.jpg")
    lacks = client.post("/api/projects/import", files=file, data={"film": str(elsewhere)})
    assert "lacks 1 of the album's photos (d.jpg)" in told(lacks, 422)
    (folder / "d.jpg").rename(elsewhere / "d.jpg")
    taken = client.post("/api/projects/import", files=file, data={"film": str(elsewhere)})
    assert taken.status_code == 201, taken.text
    again, _ = read(client, library, taken.json())
    assert names(again) == names(project) == "bcda"
    assert again["sheet"]["cues"] == project["sheet"]["cues"]
    assert names(edit(client, again, kind="album-order", order="name")) == "abcd"
    told(client.post("/api/projects/import", files=file, data={"film": str(tmp_path)}), 404)


def test_what_leads_out_of_the_folders_is_refused(
    client: TestClient, library: Library, folder: Path, tmp_path: Path
) -> None:
    (folder.parent / "away").symlink_to(tmp_path)
    for outside in (
        str(tmp_path),
        str(folder.parent / "away"),
        f"{folder}/../..",
        "trip",
        "/",
        f"{folder}/{'y' * 300}",
    ):
        assert "folders that are allowed" in told(client.post("/api/projects", json={"folder": outside}), 404)
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    at = f"/api/projects/{project['id']}/photos"
    for outside in (str(tmp_path / "secret.jpg"), str(folder / "link.jpg"), str(folder / "broken.jpg"), ""):
        assert "no photo of this album" in told(client.get(at, params={"path": outside, "side": 64}), 404)
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    told(client.get(at, params={"path": str(folder / "a.jpg"), "side": 64}), 404)
    with pytest.raises(InputError, match="reached by a link"):
        make_project_proxy(store_of(library), project["id"], unwatched)


def test_an_album_without_photos_is_told_so(client: TestClient, library: Library, folder: Path) -> None:
    empty = folder.parent / "empty"
    empty.mkdir()
    assert "no photo in this folder" in told(client.post("/api/projects", json={"folder": str(empty)}), 422)
    told(client.post("/api/projects", json={"folder": str(empty), "film": "x"}), 422)
    told(client.post("/api/projects", json={"pictures": ["0" * 32]}), 404)
    told(client.post("/api/projects", json={"clips": ["0" * 32]}), 404)
    (empty / "no.jpg").write_bytes(b"no picture")
    unread = begun(client, {"folder": str(empty)})
    with pytest.raises(InputError, match=r"no\.jpg"):
        read_project_film(store_of(library), unread["id"], unwatched)
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    at = f"/api/projects/{project['id']}"
    for _ in range(3):
        project = edit(client, project, kind="photo-remove", photo=0)
    last = client.post(
        f"{at}/edits", json={"revision": project["revision"], "edit": {"kind": "photo-remove", "photo": 0}}
    )
    assert "last photo" in told(last, 422)
    for each in folder.iterdir():
        each.unlink()
    with pytest.raises(InputError, match=r"jpg"):
        make_project_proxy(store_of(library), project["id"], unwatched)
    for wish in (
        {"kind": "photo-move", "photo": 9, "to": 0},
        {"kind": "album-length"},
        {"kind": "album-length", "total": 999},
    ):
        told(client.post(f"{at}/edits", json={"revision": project["revision"], "edit": wish}), 422)


def test_a_preview_that_is_outdated_is_drawn_once_more(
    client: TestClient, library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("img2music.app.albums.LOOK_AGAIN", 0.0)
    project, _ = read(client, library, begun(client, {"folder": str(folder)}))
    steps: list[float] = []

    def drag(step: Any) -> None:
        if not steps:
            edit(client, project, kind="photo-move", photo=0, to=3)
        steps.append(step.done)

    make_project_proxy(store_of(library), project["id"], drag)
    assert steps.count(0.0) > 1  # from the start again
    assert now(client, project)["ready"]
    assert len(os.listdir(store_of(library).films_folder / "previews")) == 1  # type: ignore[operator]  # noqa: PTH208
    asked = client.post(f"/api/projects/{project['id']}/preview")
    assert (asked.status_code, asked.json()["ready"]) == (202, True)
