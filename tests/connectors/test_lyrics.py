"""Lyrics as text, and the LRC format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.connectors.lyrics import LONGEST, Lyrics, lyrics_of

LRC = """\ufeff[ti:Song]
[ar:Somebody]
[length: 3:20]
[offset:+250]
[#:a remark]
[00:20.50]Second line
[00:10.00][00:30.00] Chorus, chorus
and what belongs to it
[00:40]
[01:02:5]<01:02.50>Word <01:03.00> by<01:03.5> word, syl<01:04.1>la<01:04.2>ble
"""


def test_lrc_becomes_the_lines_as_they_are_sung() -> None:
    assert lyrics_of(LRC.removeprefix("\ufeff")).text == (
        "Chorus, chorus\nand what belongs to it\nSecond line\nChorus, chorus\n\nWord by word, syllable"
    )


def test_plain_lines_stay() -> None:
    text = "[Chorus]\r\nLove <3 me\u2028do\r\n\r\n\r\n\r\nTime: 10:20 [live]  \x00\n[by:me]\n"
    assert lyrics_of(text).text == "[Chorus]\nLove <3 me do\n\nTime: 10:20 [live]"


@pytest.mark.parametrize("text", [None, "", " \n\t", "[00:01.00]\n[00:02.00]", "[ar:Somebody]", "♪ ♫ ...", "\x00"])
def test_no_words_are_no_lyrics(text: str | None) -> None:
    assert lyrics_of(text) == Lyrics(None)


@given(st.text(max_size=300))
def test_any_text_gives_clean_lines(text: str) -> None:
    found = lyrics_of(text).text
    if found is not None:
        assert found == found.strip("\n")
        assert "\n\n\n" not in found
        assert not any(char != "\n" and (ord(char) < 32 or 0xD800 <= ord(char) < 0xE000) for char in found)
        found.encode()


@given(
    st.lists(
        st.tuples(st.integers(0, 5999), st.from_regex(r"[a-z]{1,9}( [a-z]{1,9}){0,4}", fullmatch=True)), min_size=1
    )
)
def test_lines_come_in_order_of_their_times(lines: list[tuple[int, str]]) -> None:
    lrc = "\n".join(f"[{second // 60:02}:{second % 60:02}.00]{words}" for second, words in lines)
    expected = [words for _, words in sorted(lines, key=lambda line: line[0])]
    assert lyrics_of(lrc).text == "\n".join(expected)


def test_no_song_is_endless() -> None:
    found = lyrics_of("la " * 10**6).text
    assert found is not None
    assert len(found) <= LONGEST


@pytest.mark.parametrize(
    "text",
    [
        "[au: instrumental]",
        "[by:LRCLIB]\n[AU:Instrumental]\n",
        "[Instrumental]",
        "(instrumental)\n\nInstrumental.",
        "♪ Instrumental ♪",
        "[00:00.00] 纯音乐\uff0c请欣赏",
        "This track is an instrumental.",
        "연주곡",
    ],
)
def test_no_words_on_purpose(text: str) -> None:
    assert lyrics_of(text) == Lyrics(instrumental=True)


@pytest.mark.parametrize(
    "text",
    ["[au: instrumental]\n[00:01.00]Hey", "[Instrumental]\nHey", "Instrumental love", "[au: Instrumental Duo]\nA"],
)
def test_words_after_all(text: str) -> None:
    lyrics = lyrics_of(text)
    assert lyrics.text is not None
    assert not lyrics.instrumental
