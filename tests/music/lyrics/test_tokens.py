import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.music.lyrics.tokens import WordPieces, basic_words, wordpieces

SMALL = WordPieces(["[UNK]", "sun", "##set", "##s", "!", "un", "e"])


def pieces(text, table=SMALL):
    return [table.vocabulary[number] for number in table.split(text)]


def test_words_are_eaten_from_the_left_by_the_longest_piece():
    assert pieces("Sunsets! Suns") == ["sun", "##set", "##s", "!", "sun", "##s"]
    assert pieces("sunrise") == ["[UNK]"]
    assert pieces("\u00c9 " + "sun" * 40) == ["e", "[UNK]"]
    assert pieces("") == []


def test_basic_words():
    found = basic_words("It's na\u00efve\u200b$5 \u4e2d\u6587\n")
    assert found == [
        "it",
        "'",
        "s",
        "naive",
        "$",
        "5",
        "\u4e2d",
        "\u6587",
    ]


def test_the_table_is_berts():
    table = wordpieces()
    assert len(table) == 30_522
    # Numbers that every description of bert-base-uncased has.
    numbers = [table.id_of(piece) for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "world")]
    assert numbers == [0, 100, 101, 102, 7592, 2088]
    assert pieces("unaffable embeddings", table) == ["una", "##ffa", "##ble", "em", "##bed", "##ding", "##s"]


@given(st.text())
def test_pieces_spell_the_text(text):
    table = wordpieces()
    spelled = "".join(piece.removeprefix("##") for piece in pieces(text, table))
    if "[UNK]" not in spelled:
        assert spelled == "".join(basic_words(text))


@pytest.mark.parametrize(("word", "known"), [("love", True), ("brok-en", False), ("x-ray", True), ("sunsetty", False)])
def test_known_words(word, known):
    assert wordpieces().has(word) == known
