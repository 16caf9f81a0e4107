import json

import numpy as np
import pytest

from img2music.errors import ModelError, UsageError
from img2music.research.songs.inputs import restore_group
from img2music.research.songs.word_inputs import WordScores, terms_of

TEXTS = [terms_of(words.split()) for words in ("sun and joy", "rain and tears", "sun and rain", "joy and sun") * 6]
TARGETS = np.array([[0.9, 0.4], [0.1, 0.6], [0.5, 0.5], [0.95, 0.4]] * 6)
PARTS = [np.arange(start, 24, 4) for start in range(4)]


def test_terms_are_words_and_neighbours():
    assert terms_of(["oh", "my", "oh", "my"]) == {"oh": 2, "my": 2, "oh my": 2, "my oh": 1}
    assert terms_of([]) == {}


def test_words_tell_the_target():
    scores, _ = WordScores.fit(TEXTS, TARGETS, [np.arange(start, 24, 5) for start in range(5)])
    glad, sad, unknown = scores.of([terms_of(["joy"]), terms_of(["tears"]), terms_of(["zebra"])])
    assert glad[0] > TARGETS[:, 0].mean() + 0.1
    assert sad[0] < TARGETS[:, 0].mean() - 0.1
    assert unknown == pytest.approx(TARGETS.mean(axis=0))


def test_a_texts_own_score_has_not_seen_its_target():
    _, before = WordScores.fit(TEXTS, TARGETS, PARTS)
    changed = TARGETS.copy()
    changed[PARTS[1]] = 0.0
    _, after = WordScores.fit(TEXTS, changed, PARTS)
    # The penalty is chosen by all of them; the scores themselves are by the other parts alone.
    assert np.allclose(before[PARTS[1]], after[PARTS[1]], atol=0.2)
    assert not np.allclose(before[PARTS[0]], after[PARTS[0]], atol=0.01)


def test_what_is_saved_scores_the_same(tmp_path):
    scores, _ = WordScores.fit(TEXTS, TARGETS, PARTS)
    scores.save(tmp_path / "scores.json")
    assert np.array_equal(WordScores.load(tmp_path, "scores.json", 2).of(TEXTS), scores.of(TEXTS))


@pytest.mark.parametrize(
    "change",
    [{"terms": ["one"]}, {"weights": [[1.0]]}, {"means": "x"}, {"rarity": None}, {"means": [float("nan")] * 2}],
)
def test_damaged_files_are_refused(change, tmp_path):
    scores, _ = WordScores.fit(TEXTS, TARGETS, PARTS)
    file = tmp_path / "scores.json"
    scores.save(file)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    facts = {"file": "scores.json", "axes": ["valence", "arousal"]}
    with pytest.raises(ModelError, match=r"lyric-words|scores\.json"):
        restore_group("lyric-words", facts, tmp_path)
    file.write_text("[" * 100_000)
    with pytest.raises(ModelError, match=r"scores\.json"):
        restore_group("lyric-words", facts, tmp_path)
    with pytest.raises(ModelError, match=r"none\.json"):
        restore_group("lyric-words", {**facts, "file": "none.json"}, tmp_path)


def test_without_words_there_is_nothing_to_learn():
    with pytest.raises(UsageError, match="No word"):
        WordScores.fit([terms_of([str(number)]) for number in range(20)], np.zeros((20, 1)), [np.arange(10)])
