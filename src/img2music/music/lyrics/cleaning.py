"""Cleaning of lyrics: what is not sung goes, and words are spelled as lexicons and models know them."""

import html
import re
import unicodedata

QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`\u2032", "'"))
"""Every apostrophe to the one of ASCII. NFKC leaves these as they are."""

INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

FOOTER = re.compile(r"\*{0,20} ?This Lyrics is NOT for Commercial use.*", re.IGNORECASE | re.DOTALL)
"""What Musixmatch ends its 30 % excerpt with; the number of the tracking script follows."""
EMBED = re.compile(r"(?:You might also like)?\d{0,7}Embed\s*\Z")
"""What a copy of a page of Genius ends with."""

TAG = re.compile(r"</?[a-zA-Z!][^<>\n]{0,200}>")
LINE_BREAK = re.compile(r"<(?:br|p|div)\b[^<>\n]{0,100}/?>|</(?:p|div)>", re.IGNORECASE)
LYRIC_TAG = re.compile(
    r"^ *\[(?:ar|al|ti|au|by|re|ve|la|length|offset|tool|#): ?[^\]\n]*\] *$", re.IGNORECASE | re.MULTILINE
)
"""A line of LRC that is about the song, such as ``[ar:Artist]``."""
TIMESTAMP = re.compile(r"[\[<]\d{1,3}:\d{2}(?:[.:]\d{1,3})?[\]>]")
"""LRC's ``[01:23.45]``, and ``<01:23.45>`` before a word."""

SECTION_WORD = (
    r"(?:(?:pre|post)[- ]?)?(?:chorus|refrain|hook|verse|bridge|intro|outro|interlude|instrumental|break|solo|coda)"
)
SECTION_NUMBER = r"(?: *#? *(?:\d{1,2}|[ivx]{1,4}|one|two|three|four))?"
TIMES = r"(?:[x\u00d7] ?\d{1,2}|\d{1,2} ?[x\u00d7]|\d{1,2} times|repeat(?: \d{1,2}(?: ?x| times)?)?|bis|twice)"
MARK = re.compile(
    rf"\((?:{SECTION_WORD}{SECTION_NUMBER}(?: *[:\-][^()\n]{{0,60}})?|{TIMES}|{SECTION_WORD} *{TIMES})\)", re.IGNORECASE
)
BRACKETS = re.compile(r"\[[^\[\]\n]{0,120}\]|\{[^{}\n]{0,120}\}|[\[\]{}]")
HEADING = re.compile(rf"^ *{SECTION_WORD}{SECTION_NUMBER} *(?:{TIMES})? *:? *$", re.IGNORECASE | re.MULTILINE)
LEADING = re.compile(rf"^ *{SECTION_WORD}{SECTION_NUMBER} *: *", re.IGNORECASE | re.MULTILINE)
REPEAT = re.compile(r"(?<![\w.])(?:[x\u00d7] ?\d{1,2}|\d{1,2} ?[x\u00d7])(?![\w.])", re.IGNORECASE)
"""A mark of repetition, such as ``x2``. It goes: how often a line is sung is written out in some lyrics only."""

SPELLINGS = dict(
    pair.split(": ")
    for pair in re.split(
        r",\s+",
        """ain't: is not, can't: can not, cannot: can not, won't: will not, shan't: shall not, let's: let us,
        y'all: you all, c'mon: come on, ma'am: madam, 'cause: because, 'cuz: because, cuz: because, coz: because,
        'til: until, 'till: until, 'bout: about, 'round: around, 'em: them, 'neath: beneath, 'tis: it is,
        'twas: it was, gonna: going to, wanna: want to, gotta: got to, gimme: give me, lemme: let me,
        kinda: kind of, sorta: sort of, outta: out of, dunno: do not know, imma: i am going to, tryna: trying to,
        it's: it is, that's: that is, what's: what is, there's: there is, here's: here is, he's: he is,
        she's: she is, who's: who is, where's: where is, how's: how is""",
    )
)
"""Contractions and spellings of speech that `ENDINGS` does not cover. A noun's ``'s`` stays: it may be a genitive."""

ENDINGS = {"n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
DROPPED_G = re.compile(r"(?<=[a-z]{2}in)'(?![a-z])", re.IGNORECASE)
SPELLED = re.compile(
    r"(?<![\w'])(?:" + "|".join(sorted(map(re.escape, SPELLINGS), key=len, reverse=True)) + r")(?![\w'])", re.IGNORECASE
)
ENDING = re.compile(r"(?<=[a-z])(?:n't|'m|'re|'ve|'ll|'d)(?![\w'])", re.IGNORECASE)

PASSES = 5
"""What is taken out may leave a new mark, but a text that goes on for longer is made for that."""


def clean(text: str) -> str:
    """Take out of lyrics what is not sung, and write contractions out.

    Section marks (``[Chorus]``, ``Verse 2:``), time stamps and headers of LRC, Musixmatch's footer, marks of
    repetition (``x2``), markup, and repeated white space go; Unicode is brought to NFKC; English contractions
    become words (``don't``: ``do not``, ``lovin'``: ``loving``).
    """
    for _ in range(PASSES):
        cleaner = _clean_once(text)
        if cleaner == text:
            break
        text = cleaner
    return text


def _clean_once(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = html.unescape(text)
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text.translate(QUOTES))).translate(QUOTES)
    text = _with_single_blanks(text)
    text = EMBED.sub("", FOOTER.sub("", text))
    text = TAG.sub("", LINE_BREAK.sub("\n", text))
    for mark in (LYRIC_TAG, TIMESTAMP, MARK, BRACKETS, HEADING, LEADING, REPEAT):
        text = mark.sub(" ", text)
    text = DROPPED_G.sub("g", text)
    text = SPELLED.sub(lambda found: _cased(SPELLINGS[found[0].lower()], found[0]), text)
    text = ENDING.sub(lambda found: ENDINGS[found[0].lower()], text)
    return _with_single_blanks(text)


def _with_single_blanks(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _cased(words: str, like: str) -> str:
    return words[0].upper() + words[1:] if like.lstrip("'")[:1].isupper() else words
