"""What one person said bears on what is chosen for them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from img2music.affect import Affect
from img2music.distribution import AffectDistribution
from img2music.library.record import Feedback, FeedbackKind, JudgedPicture, JudgedTrack
from img2music.library.store import LibraryStore
from img2music.matching.matcher import Matcher
from img2music.matching.person import LIKED, NOBODY, Person, genres
from img2music.matching.query import Query, QueryKind
from img2music.options import MatchMode, RecommendOptions
from tests.support.songs import library, record

PHOTOS = AffectDistribution.of(np.linspace(0.2, 0.9, 50), np.linspace(0.1, 0.7, 50))
PICTURE = JudgedPicture(path="/p.jpg", content="p", affect=Affect(0.5, 0.5), model="m/1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryStore]:
    records = [
        record(f"/{n:02}.mp3", n / 40, 0.5, title=f"{n}", artist=f"A{n}", genre="Jazz; Bop" if n % 2 else "Rock")
        for n in range(40)
    ]
    records.append(record("/copy.flac", 0.9, 0.1, title="20", artist="a20"))
    with library(tmp_path_factory.mktemp("library") / "l.db", records) as opened:
        yield opened


def said(store: LibraryStore, kind: str, title: str | None = None, **of: object) -> Feedback:
    track = None
    if title is not None:
        found = next(each for each in store.tracks() if each.title == title)
        names = ("path", "identifier", "title", "artist", "genre", "duration", "content", "sound", "affect")
        track = JudgedTrack(model="audio/1", **{name: getattr(found, name) for name in names})
    moment = "2026-01-01T00:00:00.000Z"
    return Feedback(id=0, person="me", said=moment, kind=FeedbackKind(kind), track=track, **of)


def first(store: LibraryStore, *said: Feedback, together: bool = False, **query: object) -> list[str | None]:
    options = RecommendOptions(top=4, match="absolute", together=together)
    person = Person.known(store, said)
    queries = [Query(QueryKind.IMAGE, Affect(0.5, 0.5), **query)] * (2 if together else 1)
    matcher = Matcher(store, MatchMode.ABSOLUTE, options.where, person)
    found = matcher.recommend(queries, options, PHOTOS, pictures=["p", "q"][: len(queries)])
    return [match.track.title for each in found for match in each.matches]


def test_nobody_said_anything(store):
    assert Person.known(store, []) is NOBODY
    assert first(store) == ["20", "19", "21", "18"]
    assert list(NOBODY.tendencies()) == []
    assert NOBODY.natural(PHOTOS) is PHOTOS
    assert NOBODY.library(store) is None
    assert NOBODY.song(Affect(0.2, 0.3), "jazz") == NOBODY.picture(Affect(0.2, 0.3)) == Affect(0.2, 0.3)


def test_what_is_never_wanted_stays_out_with_its_copies(store):
    never = said(store, "never", "20")
    assert len(Person.known(store, [never]).never) == 2
    assert first(store, never) == ["19", "21", "18", "22"]
    assert "20" not in first(store, never, together=True)
    assert first(store, never, said(store, "like", "20"))[0] == "20"  # the last word counts


def test_what_is_liked_comes_first_of_those_that_fit_about_as_well(store):
    apart = 1 / 40
    assert apart > LIKED > apart / 2
    assert first(store, said(store, "like", "21")) == ["20", "21", "19", "18"]
    assert first(store, said(store, "like", "30")) == ["20", "19", "21", "18"]
    assert first(store, said(store, "fits", "21", picture=PICTURE)) == ["20", "21", "19", "18"]


def test_what_does_not_fit_stays_out_for_that_picture_alone(store):
    unfit = said(store, "unfit", "20", picture=PICTURE)
    assert first(store, unfit) == ["19", "21", "18", "22"]
    person = Person.known(store, [unfit])
    assert not person.never
    assert len(person.without(["p"]).never) == 2
    assert person.without(["q"]).never == person.never


def test_a_list_that_is_short_for_what_does_not_fit_says_so(store):
    person = Person.known(store, [said(store, "unfit", "20", picture=PICTURE)])
    matcher = Matcher(store, MatchMode.ABSOLUTE, RecommendOptions().where, person)
    query = Query(QueryKind.IMAGE, Affect(0.5, 0.5))

    def told(picture: str) -> str:
        (note,) = matcher.recommend([query], RecommendOptions(top=50), PHOTOS, pictures=[picture]).notes
        return note

    assert "may be chosen, and none comes twice, nor with a picture that you say it does not fit." in told("p")
    assert "may be chosen, and none comes twice. " in told("q")


def test_of_feelings_about_copies_of_a_song_the_last_counts(store):
    first = said(store, "affect", "20", affect=Affect(0.1, 0.1))
    copy = replace(first, track=replace(first.track, content="another encoding"), affect=Affect(0.2, 0.2))
    last = replace(first, affect=Affect(0.3, 0.3))
    assert set(Person.known(store, [first, copy]).heard.values()) == {Affect(0.2, 0.2)}
    assert set(Person.known(store, [first, copy, last]).heard.values()) == {Affect(0.3, 0.3)}


def test_feelings_about_songs_move_songs_like_them(store):
    answers = [
        said(store, "affect", str(n), affect=Affect(min(1.0, n / 40 + (0.2 if n % 2 else 0.0)), 0.5))
        for n in range(4, 34, 3)
    ]
    person = Person.known(store, answers)
    plain = Affect(0.5, 0.5)
    assert person.song(plain, "Jazz").valence > person.song(plain, "Rock").valence + 0.05
    ids, shifts = person.library(store)
    jazz = [n for n, track in enumerate(store.tracks(ids.tolist())) if "Jazz" in (track.genre or "")]
    assert shifts[jazz, 0].mean() > 0.1
    judged = int(store.judged([answers[0].track])[0][0])
    assert person.song(Affect(0.1, 0.1), "Jazz", judged) == answers[0].affect
    assert any("jazz" in sentence and "more pleasant" in sentence for sentence in person.tendencies())


def test_feelings_about_pictures_move_pictures_and_what_they_are_among(store):
    pictures = [replace(PICTURE, content=f"{n}", affect=Affect(n / 20, 0.5)) for n in range(5, 15)]
    answers = [said(store, "affect", affect=Affect(each.affect.valence, 0.2), picture=each) for each in pictures]
    person = Person.known(store, answers)
    assert person.picture(Affect(0.5, 0.5)).arousal < 0.35
    assert person.picture(Affect(0.5, 0.5), "7") == Affect(7 / 20, 0.2)
    assert person.natural(PHOTOS).arousal.mean() < PHOTOS.arousal.mean() - 0.15
    assert person.knows_pictures
    (sentence,) = person.tendencies()
    assert sentence.startswith("You find pictures 0.2")
    assert "calmer" in sentence


def test_genres_are_words_of_a_tag():
    assert genres("Jazz; Hard  Bop/SOUL, ") == {"jazz", "hard bop", "soul"}
    assert genres(None) == frozenset()
