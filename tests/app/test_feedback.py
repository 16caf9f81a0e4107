"""Feedback from Python, and how it bears on films and slideshows."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import img2music
from img2music import Affect, FeedbackKind, InputError, UsageError
from img2music.app.person import Listener
from img2music.library.store import LibraryStore
from img2music.soundtrack.slideshow.photos import read_photos
from img2music.vision.model import ImageModel
from tests.conftest import Locations
from tests.soundtrack.test_spotting import CHANGING, SONGS
from tests.support.songs import library as make_library
from tests.support.songs import record


@pytest.fixture
def folder(tmp_path: Path, at: Locations) -> Path:
    with make_library(at(tmp_path / "library.db"), SONGS):
        pass
    for colour in ("orange", "navy"):
        Image.new("RGB", (64, 48), colour).save(tmp_path / f"{colour}.png")
    return tmp_path


@pytest.fixture
def library(folder: Path, at: Locations):
    with img2music.Library.open(at(folder / "library.db")) as opened:
        yield opened


def test_it_is_said_listed_and_taken_back(library, folder):
    track = next(iter(library))
    given = [
        library.feedback.affect(folder / "navy.png", 0.3, 0.8),
        library.feedback.affect(track, 0.1, 0.2),
        library.feedback.like(track.id, person="anna"),
        library.feedback.unfit(f"#{track.id}", str(folder / "navy.png")),
        library.feedback.fits(track.path, folder / "navy.png"),
    ]
    assert list(library.feedback) == given
    assert library.feedback.list("anna").feedback == [given[2]]
    assert [each.kind for each in given] == ["affect", "affect", "like", "unfit", FeedbackKind.FITS]
    assert given[1].track.affect == track.affect
    assert library.feedback.undo() == given[-1]
    assert library.feedback.undo(given[0].id) == given[0]
    with pytest.raises(UsageError, match="nothing of number"):
        library.feedback.undo(given[2].id)
    assert library.feedback.export(folder / "f.json", person="anna") == 1
    library.feedback.undo(person="anna")
    assert library.feedback.import_file(folder / "f.json") == 1


def test_what_is_said_last_counts_after_the_clock_was_set_back(library):
    first = library.feedback.like(1)
    with library._store.writing() as transaction:
        transaction.remove_feedback(first.id)
        transaction.put_feedback([replace(first, said="2999-01-01T00:00:00.000Z")])
    last = library.feedback.never(1)
    assert [each.kind for each in library.feedback] == ["like", "never"]
    assert 1 not in {match.track.id for match in library.recommend(valence=0.5, arousal=0.5)[0].matches}
    assert library.feedback.undo() == last


def test_a_picture_stands_where_it_was_put(library, folder):
    said = library.feedback.position(folder / "navy.png", 0.7, 0.8)
    assert (said.kind, said.position) == ("affect", Affect(0.7, 0.8))
    library.feedback.position(folder / "orange.png", 1.0, 0.0)  # which corrects how all others are felt
    for name, position in (("navy.png", (0.7, 0.8)), ("orange.png", (1.0, 0.0))):
        (found,) = library.recommend(folder / name).recommendations
        assert found.position == position
    (found,) = library.recommend(folder / "navy.png", match="absolute").recommendations
    assert found.position == (said.affect.valence, said.affect.arousal)
    library.feedback.affect(folder / "navy.png", 0.2, 0.3)  # of several answers the last counts
    (found,) = library.recommend(folder / "navy.png").recommendations
    assert found.query.affect == Affect(0.2, 0.3)
    assert found.position != (0.7, 0.8)


def test_what_is_no_track_is_refused(library, folder):
    for wrong, error in ((99, UsageError), ("nothing", UsageError), (folder / "navy.png", InputError)):
        with pytest.raises(error):
            library.feedback.never(wrong)
    for name in ("", " ", "\n", " anna", "anna ", "a" * 101):
        with pytest.raises(UsageError, match="`person` must be a name"):
            library.feedback.never(1, person=name)
    assert list(library.feedback) == []


def test_whoever_can_say_something_can_be_imported(library, folder):
    library.feedback.never(1, person="a" * 100)
    library.feedback.export(folder / "f.json")
    library.feedback.undo(person="a" * 100)
    assert library.feedback.import_file(folder / "f.json") == 1


def test_what_was_said_of_a_file_whose_name_is_no_text_is_exported(tmp_path, at):
    with make_library(at(tmp_path / "l.db"), [record(os.fsdecode(b"/m/caf\xe9.mp3"), 0.5, 0.5)]):
        pass
    with img2music.Library.open(at(tmp_path / "l.db")) as library:
        given = library.feedback.never(1)
        assert library.feedback.export(tmp_path / "f.csv") == library.feedback.export(tmp_path / "f.json") == 1
        assert "/m/caf\\udce9.mp3" in (tmp_path / "f.csv").read_text("utf-8")
        library.feedback.undo()
        assert library.feedback.import_file(tmp_path / "f.json") == 1
        assert [each.track for each in library.feedback] == [given.track]


def test_a_library_that_stays_open_heeds_what_was_said_meanwhile(library):
    def first() -> str | None:
        return library.recommend(valence=0.7, arousal=0.9, match="absolute", top=1).matches[0].track.title

    assert first() == "Dance"
    banned = library.feedback.never(next(track for track in library if track.title == "Dance"))
    assert first() != "Dance"
    library.feedback.undo(banned.id)
    assert first() == "Dance"


def test_films_and_photos_are_read_as_a_person_feels_them(library, folder, at):
    for n, name in enumerate(("orange", "navy")):
        library.feedback.affect(folder / f"{name}.png", 0.2 + 0.5 * n, 0.95)
    library.feedback.unfit(1, folder / "navy.png")
    with LibraryStore.open(at(folder / "library.db")) as store:
        listener, nobody = Listener.of(store, "me"), Listener.of(store, "me", [])
    seen = listener.film(CHANGING)
    assert (seen.curve[:, 2] >= CHANGING.curve[:, 2]).all()
    assert seen.shots[0].affect.arousal > CHANGING.shots[0].affect.arousal
    assert np.array_equal(nobody.film(CHANGING).curve, CHANGING.curve)
    files = [str(folder / "orange.png"), str(folder / "navy.png")]
    photos, _ = read_photos(files, ImageModel.load())
    assert [photo.affect for photo in listener.photos(photos)] == [Affect(0.2, 0.95), Affect(0.7, 0.95)]
    assert nobody.photos(photos) == photos
    assert listener.without_unfit(files).never == {1}
    assert listener.without_unfit(files[:1]).never == frozenset()


def test_songs_that_fit_no_photo_are_not_said_to_be_never_wanted(library, folder):
    photo = folder / "navy.png"
    for track in library:
        library.feedback.unfit(track, photo)
    with pytest.raises(UsageError, match=r"may be chosen: the 5 that could be you never want, or not here"):
        library.slideshow(photo, output=folder / "film.mp4")
    assert not (folder / "film.mp4").exists()
