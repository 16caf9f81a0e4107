"""FCPXML, which Final Cut Pro and DaVinci Resolve read.

OpenTimelineIO's adapter for it can't be used to write: it knows 29.97 and 59.94 frames a second only as rounded
numbers, writes no volume, no fades and no size of the picture, and asks a program that need not be there.
"""

from fractions import Fraction
from xml.etree import ElementTree

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, Clip, FilmClip, MusicClip, arrange

VERSION = "1.8"
"""Of Final Cut Pro 10.4 (2018): later ones read it too, and later versions give a file's URL another place."""

HEADER = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'


def as_fcpxml(sheet: CueSheet) -> bytes:
    """Write a cue sheet as FCPXML."""
    made = arrange(sheet)
    root = ElementTree.Element("fcpxml", version=VERSION)
    resources = ElementTree.SubElement(root, "resources")
    songs = _resources(resources, made)
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="img2music")
    project = ElementTree.SubElement(event, "project", name=made.name)
    film, code = made.film, "DF" if made.film.drops else "NDF"
    words = {"format": "r1", "duration": _time(film.frames, made.rate), "tcStart": "0s", "tcFormat": code}
    sequence = ElementTree.SubElement(project, "sequence", words, audioLayout="stereo", audioRate="48k")
    spine = ElementTree.SubElement(sequence, "spine")
    parents: list[Parent] = []
    for number, shown in enumerate(made.shown):
        if isinstance(shown, FilmClip):
            parents.append((_film(spine, shown, f"p{number}" if made.photos else FILM, made.rate), shown))
        else:
            parents.append((_photo(spine, shown, f"p{number}", made.rate), shown))
    for clip in made.music:
        parent, offset = _under(parents, clip.start)
        _connect(parent, clip, songs[clip.url], offset, made.rate)
    for scene in made.scenes:
        parent, offset = _under(parents, scene.start)
        words = {"start": _time(offset, made.rate), "duration": _time(1, made.rate)}
        ElementTree.SubElement(parent, "marker", {**words, "value": scene.title, "note": scene.note})
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return HEADER + content + b"\n"


FILM = "r2"
"""Id of the film among the files."""

Parent = tuple[ElementTree.Element, Clip]
"""A clip of the storyline, and what it is."""


def _film(spine: ElementTree.Element, film: FilmClip, ref: str, rate: Fraction) -> ElementTree.Element:
    words = {"ref": ref, "name": film.name, **_times(film.start, film.begins, film.frames, rate)}
    if ref == FILM:  # of a clip Final Cut Pro sees the format itself
        words |= {"format": "r1"}
    words |= {"tcFormat": "DF" if film.drops else "NDF"}
    if film.channels:
        words |= {"audioRole": "dialogue"} if film.heard else {"srcEnable": "video"}
    shown = ElementTree.SubElement(spine, "asset-clip", words)
    if film.heard:
        ElementTree.SubElement(shown, "adjust-volume", amount=f"{film.gain_db:.3f}dB")
    return shown


def _photo(spine: ElementTree.Element, photo: Clip, ref: str, rate: Fraction) -> ElementTree.Element:
    times = _times(photo.start, 0, photo.frames, rate)
    return ElementTree.SubElement(spine, "video", {"ref": ref, "name": photo.name, **times})


def _under(parents: list[Parent], start: int) -> tuple[ElementTree.Element, int]:
    """The clip of the storyline that is shown at a frame, and that frame in its own time."""
    element, shown = max((each for each in parents if each[1].start <= start), key=lambda each: each[1].start)
    return element, shown.begins + start - shown.start


def _resources(resources: ElementTree.Element, made: Arrangement) -> dict[str, str]:
    """Write the format and the files; tell the id of each song's file by its URL."""
    film = made.film

    def asset(named: tuple[str, str, str], first: int, frames: int, words: dict[str, str]) -> None:
        names = dict(zip(("id", "name", "src"), named, strict=True))
        times = {"start": _time(first, made.rate), "duration": _time(frames, made.rate)}
        ElementTree.SubElement(resources, "asset", names | times | words)

    picture = {"id": "r1", "frameDuration": _time(1, made.rate)}
    if film.size is not None:
        picture |= {"width": str(film.size[0]), "height": str(film.size[1])}
    ElementTree.SubElement(resources, "format", picture)
    if made.photos:
        ElementTree.SubElement(resources, "format", {"id": "r2", "name": "FFVideoFormatRateUndefined"})
        for number, photo in enumerate(made.photos):
            words, frames = {"hasVideo": "1", "format": "r2"}, 0
            if isinstance(photo, FilmClip):
                words, frames = {"hasVideo": "1", **_sound(photo.channels, photo.rate)}, photo.lasts
            asset((f"p{number}", photo.name, photo.url), photo.first, frames, words)
    else:
        words = {"hasVideo": "1", "format": "r1", **_sound(film.channels, film.rate)}
        asset((FILM, film.name, film.url), film.first, film.frames, words)
    songs: dict[str, str] = {}
    for clip in made.music:
        if clip.url not in songs:
            songs[clip.url] = f"r{len(songs) + 3}"
            last = max(other.source + other.frames for other in made.music if other.url == clip.url)
            frames = max(clip.available, last - clip.first)
            asset((songs[clip.url], clip.file, clip.url), clip.first, frames, _sound(clip.channels, clip.rate))
    return songs


def _connect(parent: ElementTree.Element, clip: MusicClip, song: str, offset: int, rate: Fraction) -> None:
    words = {"ref": song, "lane": str(-1 - clip.track), "name": clip.name}
    words |= _times(offset, clip.source, clip.frames, rate) | {"audioRole": "music"}
    found = ElementTree.SubElement(parent, "asset-clip", words)
    volume = ElementTree.SubElement(found, "adjust-volume", amount=f"{clip.cue.gain_db:.3f}dB")
    if clip.fade_in or clip.fade_out or clip.keyframes:
        amount = ElementTree.SubElement(volume, "param", name="amount")
        for name, frames in (("fadeIn", clip.fade_in), ("fadeOut", clip.fade_out)):
            if frames:
                ElementTree.SubElement(amount, name, type="easeIn", duration=_time(frames, rate))
        keyframes = ElementTree.SubElement(amount, "keyframeAnimation") if clip.keyframes else amount
        for frame, level in clip.keyframes:  # in the song's time
            ElementTree.SubElement(
                keyframes, "keyframe", time=_time(clip.source + frame, rate), value=f"{level:.3f}dB", curve="linear"
            )


def _sound(channels: int, rate: int) -> dict[str, str]:
    if not channels:
        return {}
    return {"hasAudio": "1", "audioSources": "1", "audioChannels": str(channels), "audioRate": str(rate)}


def _times(offset: int, start: int, frames: int, rate: Fraction) -> dict[str, str]:
    return {"offset": _time(offset, rate), "start": _time(start, rate), "duration": _time(frames, rate)}


def _time(frames: int, rate: Fraction) -> str:
    """Seconds as FCPXML has them: a fraction by the rate, or whole."""
    if not frames:
        return "0s"
    return f"{frames * rate.denominator}/{rate.numerator}s"
