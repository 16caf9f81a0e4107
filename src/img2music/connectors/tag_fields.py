"""In which fields of a sound file's tags players and DJ software look for mood, tempo and key.

After MusicBrainz Picard's tag mapping and Mixxx's readers; docs/tagging.md says which program reads what.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MARK = "IMG2MUSIC"
"""Name of the field in which it is kept what was written, and what it took the place of."""
MP4_OWN = "----:com.apple.iTunes:"
"""How names of MP4 fields begin that Apple has not defined."""

WHOLE = frozenset({"TBPM", "tmpo"})
"""Fields that hold whole numbers only: https://id3.org/id3v2.4.0-frames, section 4.2.3; MP4's is an integer."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields that one fact has in one kind of tags."""

    written: tuple[str, ...]  # where it is written
    # Where other programs may have written it. What is there counts as much; nothing is written there where nothing is
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return self.written + self.others


def _own(prefix: str) -> dict[str, Fields]:
    return {fact: Fields((f"{prefix}{MARK}_{fact.upper()}",)) for fact in ("valence", "arousal")}


ID3_24: Mapping[str, Fields] = {
    **_own("TXXX:"),
    "mood": Fields(("TMOO",), ("TXXX:MOOD",)),
    "tempo": Fields(("TBPM",), ("TXXX:BPM",)),
    "key": Fields(("TKEY",), ("TXXX:INITIALKEY", "TXXX:KEY")),
}
ID3_23: Mapping[str, Fields] = {**ID3_24, "mood": Fields(("TXXX:MOOD",), ("TMOO",))}  # has no TMOO of its own
VORBIS: Mapping[str, Fields] = {
    **_own(""),
    "mood": Fields(("MOOD",)),
    "tempo": Fields(("BPM",), ("TEMPO",)),
    "key": Fields(("INITIALKEY", "KEY")),
}
APE: Mapping[str, Fields] = {
    **_own(""),
    "mood": Fields(("Mood",)),
    "tempo": Fields(("BPM",)),
    "key": Fields(("INITIALKEY", "KEY")),
}
MP4: Mapping[str, Fields] = {
    **_own(MP4_OWN),
    "mood": Fields((f"{MP4_OWN}MOOD",)),
    "tempo": Fields(("tmpo",), (f"{MP4_OWN}BPM",)),
    "key": Fields((f"{MP4_OWN}initialkey",), (f"{MP4_OWN}KEY",)),
}
ASF: Mapping[str, Fields] = {
    **_own(""),
    "mood": Fields(("WM/Mood",)),
    "tempo": Fields(("WM/BeatsPerMinute",)),
    "key": Fields(("WM/InitialKey",)),
}
