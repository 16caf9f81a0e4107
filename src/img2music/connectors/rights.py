"""Who has rights in a song, as its tags say."""

import os

from img2music.connectors.tags import tags_of, values_of

RIGHTS = {
    "copyright": ("TCOP", "copyright", "cprt", "\xa9cpy", "Copyright"),
    "isrc": ("TSRC", "isrc", "----:com.apple.iTunes:ISRC", "ISRC", "WM/ISRC"),
    "label": ("TPUB", "label", "organization", "publisher", "----:com.apple.iTunes:LABEL", "Label", "WM/Publisher"),
    "licence": ("WCOP", "license", "----:com.apple.iTunes:LICENSE", "License", "LICENSE"),
}
"""Names of tags by what they say: of ID3, Vorbis comments, MP4, APEv2 and ASF."""


def rights_of(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read what the tags of a sound file say of rights; empty where they say nothing."""
    sources = tags_of(path)
    found = {}
    for what, names in RIGHTS.items():
        values = (cleaned for tags in sources if (cleaned := values_of(tags, names)))
        found[what] = "; ".join(dict.fromkeys(next(values, [])))
    return found
