"""FCPXML 1.8, the format of Final Cut Pro, which DaVinci Resolve reads too.

OpenTimelineIO's adapter counts in whole frames a second, so 29.97 becomes 29; it also says that no file has sound. So
it is written here, after Apple's FCPXML reference.
"""

from fractions import Fraction
from xml.etree import ElementTree as ET

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, MusicClip, arrange

VERSION = "1.8"
"""The last in which an asset names its file by itself; every later program reads it."""

SURROUND = 6
"""Channels of a film from which on its sequence is in surround."""

GAINS = (-96.0, 12.0)
"""Decibels that a volume can be set to."""


def as_fcpxml(sheet: CueSheet) -> bytes:
    """Write FCPXML.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
        UTF-8. The film is the primary storyline; music is connected to it below, with its volume and fades; scenes are
        markers.
    """
    arrangement = arrange(sheet)
    film, rate = arrangement.film, arrangement.rate
    root = ET.Element("fcpxml", version=VERSION)
    resources = ET.SubElement(root, "resources")
    form = ET.SubElement(resources, "format", id="r1", frameDuration=_seconds(1, rate))
    if film.size is not None:
        form.set("width", str(film.size[0]))
        form.set("height", str(film.size[1]))
    asset = ET.SubElement(resources, "asset", id="r2", name=film.name, src=film.url, format="r1", hasVideo="1")
    asset.set("start", _seconds(film.first, rate))
    asset.set("duration", _seconds(film.frames, rate))
    if film.channels:
        _with_sound(asset, film.channels, film.rate)
    songs = _songs(resources, arrangement)
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=arrangement.name)
    counted = "DF" if film.drops else "NDF"
    sequence = ET.SubElement(
        ET.SubElement(event, "project", name=arrangement.name),
        "sequence",
        format="r1",
        duration=_seconds(film.frames, rate),
        tcStart=_seconds(film.first, rate),
        tcFormat=counted,
        audioLayout="surround" if film.channels >= SURROUND else "stereo",
        audioRate="48k",
    )
    clip = ET.SubElement(ET.SubElement(sequence, "spine"), "asset-clip", ref="r2", name=film.name, offset="0s")
    clip.set("start", _seconds(film.first, rate))
    clip.set("duration", _seconds(film.frames, rate))
    clip.set("tcFormat", counted)
    for cue in arrangement.music:
        _connect(clip, cue, songs[cue.url], arrangement)
    for scene in arrangement.scenes:
        at = _seconds(film.first + scene.start, rate)
        ET.SubElement(clip, "marker", start=at, duration=_seconds(1, rate), value=scene.title, note=scene.note)
    ET.indent(root, "  ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'.encode()


def _songs(resources: ET.Element, arrangement: Arrangement) -> dict[str, str]:
    """An asset for each song's file; their names by URL."""
    found: dict[str, str] = {}
    for clip in arrangement.music:
        if clip.url not in found:
            found[clip.url] = f"r{3 + len(found)}"
            asset = ET.SubElement(resources, "asset", id=found[clip.url], name=clip.file, src=clip.url, start="0s")
            asset.set("duration", _seconds(clip.available, arrangement.rate))
            _with_sound(asset, clip.channels, clip.rate)
    return found


def _with_sound(asset: ET.Element, channels: int, rate: int) -> None:
    asset.set("hasAudio", "1")
    asset.set("audioSources", "1")
    asset.set("audioChannels", str(channels))
    asset.set("audioRate", str(rate))


def _connect(film: ET.Element, clip: MusicClip, asset: str, arrangement: Arrangement) -> None:
    rate = arrangement.rate
    item = ET.SubElement(film, "asset-clip", ref=asset, name=clip.name, lane=str(-1 - clip.track))
    item.set("offset", _seconds(arrangement.film.first + clip.start, rate))  # in the film's own time
    item.set("start", _seconds(clip.source, rate))
    item.set("duration", _seconds(clip.frames, rate))
    item.set("audioRole", "music")
    gain = min(max(clip.cue.gain_db, GAINS[0]), GAINS[1])
    volume = ET.SubElement(item, "adjust-volume", amount=f"{gain:.2f}dB")
    if clip.fade_in or clip.fade_out:
        fades = ET.SubElement(volume, "param", name="amount")
        for name, frames in (("fadeIn", clip.fade_in), ("fadeOut", clip.fade_out)):
            if frames:
                ET.SubElement(fades, name, type="easeInOut", duration=_seconds(frames, rate))


def _seconds(frames: int, rate: Fraction) -> str:
    time = frames / rate
    if time.denominator == 1:
        return f"{time.numerator}s"
    return f"{time.numerator}/{time.denominator}s"
