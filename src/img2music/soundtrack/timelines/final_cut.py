"""FCPXML, which Final Cut Pro and DaVinci Resolve read.

OpenTimelineIO's adapter for it can't be used to write: it knows 29.97 and 59.94 frames a second only as rounded
numbers, writes no volume, no fades and no size of the picture, and asks a program that need not be there.
"""

from fractions import Fraction
from xml.etree import ElementTree

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, FilmClip, MusicClip, arrange

VERSION = "1.8"
"""Of Final Cut Pro 10.4 (2018): later ones read it too, and later versions give a file's URL another place."""

HEADER = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'


def as_fcpxml(sheet: CueSheet) -> bytes:
    """Write a cue sheet as FCPXML.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
        UTF-8. The film is the storyline; music is connected to it, in a lane for each track.
    """
    made = arrange(sheet)
    root = ElementTree.Element("fcpxml", version=VERSION)
    resources = ElementTree.SubElement(root, "resources")
    songs = _resources(resources, made)
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="img2music")
    project = ElementTree.SubElement(event, "project", name=made.name)
    film, code = made.film, "DF" if made.film.drops else "NDF"
    sequence = ElementTree.SubElement(
        *(project, "sequence"),
        {"format": "r1", "duration": _time(film.frames, made.rate), "tcStart": "0s", "tcFormat": code}
        | {"audioLayout": "stereo", "audioRate": "48k"},
    )
    spine = ElementTree.SubElement(sequence, "spine")
    shown = ElementTree.SubElement(
        *(spine, "asset-clip"),
        {"ref": "r2", "name": film.name, "offset": "0s", "start": _time(film.first, made.rate)}
        | {"duration": _time(film.frames, made.rate), "format": "r1", "tcFormat": code}
        | ({"audioRole": "dialogue"} if film.channels else {}),
    )
    for clip in made.music:
        _connect(shown, clip, songs[clip.url], film, made.rate)
    for scene in made.scenes:
        words = {"start": _time(film.first + scene.start, made.rate), "duration": _time(1, made.rate)}
        ElementTree.SubElement(shown, "marker", {**words, "value": scene.title, "note": scene.note})
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return HEADER + content + b"\n"


def _resources(resources: ElementTree.Element, made: Arrangement) -> dict[str, str]:
    """Write the format and the files; tell the id of each song's file by its URL."""
    film = made.film
    form = {"id": "r1", "frameDuration": _time(1, made.rate)}
    if film.size is not None:
        form |= {"width": str(film.size[0]), "height": str(film.size[1])}
    ElementTree.SubElement(resources, "format", form)
    words = {"id": "r2", "name": film.name, "src": film.url, "start": _time(film.first, made.rate)}
    words |= {"duration": _time(film.frames, made.rate), "hasVideo": "1", "format": "r1"}
    ElementTree.SubElement(resources, "asset", words | _sound(film.channels, film.rate))
    songs: dict[str, str] = {}
    for clip in made.music:
        if clip.url not in songs:
            songs[clip.url] = f"r{len(songs) + 3}"
            last = max(other.source + other.frames for other in made.music if other.url == clip.url)
            length = _time(max(clip.available, last - clip.first), made.rate)
            words = {"id": songs[clip.url], "name": clip.file, "src": clip.url}
            words |= {"start": _time(clip.first, made.rate), "duration": length}
            ElementTree.SubElement(resources, "asset", words | _sound(clip.channels, clip.rate))
    return songs


def _connect(parent: ElementTree.Element, clip: MusicClip, song: str, film: FilmClip, rate: Fraction) -> None:
    found = ElementTree.SubElement(
        *(parent, "asset-clip"),
        {"ref": song, "lane": str(-1 - clip.track), "name": clip.name}
        | {"offset": _time(film.first + clip.start, rate), "start": _time(clip.source, rate)}
        | {"duration": _time(clip.frames, rate), "audioRole": "music"},
    )
    volume = ElementTree.SubElement(found, "adjust-volume", amount=f"{clip.cue.gain_db:.3f}dB")
    if clip.fade_in or clip.fade_out:
        amount = ElementTree.SubElement(volume, "param", name="amount")
        for name, frames in (("fadeIn", clip.fade_in), ("fadeOut", clip.fade_out)):
            if frames:
                ElementTree.SubElement(amount, name, type="easeIn", duration=_time(frames, rate))


def _sound(channels: int, rate: int) -> dict[str, str]:
    if not channels:
        return {}
    return {"hasAudio": "1", "audioSources": "1", "audioChannels": str(channels), "audioRate": str(rate)}


def _time(frames: int, rate: Fraction) -> str:
    """Seconds as FCPXML has them: a fraction by the rate, or whole."""
    if not frames:
        return "0s"
    return f"{frames * rate.denominator}/{rate.numerator}s"
