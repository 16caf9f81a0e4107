"""What the server remarks is worded on the page, in each of its languages."""

import re
from pathlib import Path

from img2music.remarks import WORDS

PAGE = Path(__file__).parents[2] / "web/src/messages/remarks.ts"


def table(language: str) -> dict[str, str]:
    (found,) = re.findall(
        rf"export const {language}: .*? = \{{\n(.*?)\n\}};", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    return dict(re.findall(r'^  "?([a-z-]+)"?: "(.*)",$', found, re.MULTILINE))


def test_the_page_has_korean_words_for_every_remark() -> None:
    assert {*WORDS} - {*table("ko")} == {"as-said"}  # which is in whatever words it is


def test_no_words_of_the_page_are_about_more_than_a_remark_is() -> None:
    for language in ("en", "ko"):
        for code, words in table(language).items():
            named = len(re.findall(r"\{\}", WORDS[code])) or 1 + max(
                map(int, re.findall(r"\{(\d)\}", WORDS[code])), default=-1
            )
            assert all(int(number) < named for number in re.findall(r"\{(\d)\}", words)), code
