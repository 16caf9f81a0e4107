"""Final Cut Pro 7's XML (``xmeml``), which Premiere and DaVinci Resolve read, by OpenTimelineIO's adapter for it."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio
from opentimelineio.opentime import RationalTime

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, Clip, FilmClip, MusicClip, arrange
from img2music.soundtrack.timelines.otio import clip_of, marker, spaced, span

LOUDEST = 3.98109  # highest level of a clip: 12 dB, as Final Cut Pro 7 writes it
HEADER = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'


def as_xml(sheet: CueSheet) -> bytes:
    """Write a cue sheet as Final Cut Pro 7's XML."""
    sequence = _Sequence(arrange(sheet))
    root = ElementTree.fromstring(otio.adapters.write_to_string(sequence.built(), "fcp_xml"))  # noqa: S314 - our own
    _link(root, [ids for ids in sequence.linked.values() if len(ids) > 1])
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return HEADER + content + b"\n"


class _Sequence:
    """Builds the timeline that the adapter writes as it should be: what it has no words for is its metadata."""

    def __init__(self, made: Arrangement) -> None:
        self._made, self._rate = made, float(made.rate)
        self._ids = itertools.count(1)
        # Clip items that belong together, by their ids: those of each URL and start
        self.linked: dict[tuple[str, int], list[str]] = {}
        self._timecode = {"timecode": {"displayformat": "DF" if made.film.drops else "NDF"}}

    def built(self) -> Any:
        made = self._made
        found = otio.schema.Timeline(name=made.name, global_start_time=RationalTime(0, self._rate))
        found.metadata["fcp_xml"] = {"@explodedTracks": "true", "media": self._formats(), **self._timecode}
        shown = [self._film(each, {}) if isinstance(each, FilmClip) else self._photo(each) for each in made.shown]
        name = "Photos" if made.photos else "Film"
        found.tracks.append(otio.schema.Track(name, shown, kind=otio.schema.TrackKind.Video))
        channels = max((clip.heard for clip in made.sounding), default=0)
        for channel in range(1, channels + 1):
            heard_of = [clip for clip in made.sounding if channel <= clip.heard]
            items = list(spaced(heard_of, self._rate, partial(self._own_sound, channel=channel)))
            found.tracks.append(self._track(made.sound_name, channel, paired=channels == 2, items=items))
        for number, clips in enumerate(made.tracks, start=1):
            for channel in (1, 2):
                heard = [clip for clip in clips if channel <= clip.channels]
                items = list(spaced(heard, self._rate, partial(self._music, channel=channel)))
                found.tracks.append(self._track(f"Music {number}", channel, paired=True, items=items))
        found.tracks.markers.extend(marker(scene, self._rate) for scene in made.scenes)
        return found

    def _formats(self) -> dict[str, Any]:
        rate = self._made.rate
        picture: dict[str, Any] = {
            "rate": {"timebase": round(rate), "ntsc": "TRUE" if rate.denominator != 1 else "FALSE"}
        }
        if self._made.film.size is not None:
            width, height = self._made.film.size
            picture |= {"width": width, "height": height, "pixelaspectratio": "square", "fielddominance": "none"}
        groups = [{"index": n, "numchannels": 1, "downmix": 0, "channel": {"index": n}} for n in (1, 2)]
        sound = {
            "numOutputChannels": 2,
            "format": {"samplecharacteristics": {"depth": 16, "samplerate": 48_000}},
            "outputs": {"group": groups},
        }
        return {"video": {"format": {"samplecharacteristics": picture}}, "audio": sound}

    def _track(self, name: str, channel: int, *, paired: bool, items: list[Any]) -> Any:
        words: dict[str, Any] = {"outputchannelindex": 2 - channel % 2}
        if paired:
            words |= {"@premiereTrackType": "Stereo", "@currentExplodedTrackIndex": str(channel - 1)}
            words |= {"@totalExplodedTrackCount": "2"}
        return otio.schema.Track(name, items, kind=otio.schema.TrackKind.Audio, metadata={"fcp_xml": words})

    def _own_sound(self, clip: FilmClip, channel: int) -> Iterator[Any]:
        yield self._film(clip, {**_source(channel, clip.channels), "filter": _levels(clip.gain_db)})

    def _film(self, film: FilmClip, words: dict[str, Any]) -> Any:
        media: dict[str, Any] = {"video": self._formats()["video"]["format"]}
        if film.channels:
            media["audio"] = _sound(film.channels, film.rate)
        ranges = span(film.first, film.lasts, self._rate), span(film.begins, film.frames, self._rate)
        return self._clip((film.name, film.name, film.url), film.start, ranges, media, words)

    def _photo(self, photo: Clip) -> Any:
        whole = span(0, photo.frames, self._rate)
        media = {"video": self._formats()["video"]["format"]}
        named = photo.name, photo.name, photo.url
        return self._clip(named, photo.start, (whole, whole), media, {"stillframe": "TRUE"})

    def _music(self, clip: MusicClip, channel: int) -> Iterator[Any]:
        """A clip on the track of one channel, with its fades."""
        if clip.fade_in:
            yield self._fade(clip.number, channel, into=clip.fade_in)
        start = clip.source - clip.first  # in the song's own time
        levels = [{"when": start + frame, "value": _linear(level)} for frame, level in clip.keyframes]
        words = _source(channel, clip.channels) | {"filter": _levels(clip.cue.gain_db, levels)}
        ranges = span(clip.first, clip.available, self._rate), span(clip.source, clip.frames, self._rate)
        media = {"audio": _sound(clip.channels, clip.rate)}
        yield self._clip((clip.name, clip.file, clip.url), clip.start, ranges, media, words)
        if clip.fade_out:
            yield self._fade(clip.number, channel, out=clip.fade_out)

    def _clip(
        self,
        named: tuple[str, str, str],
        start: int,
        ranges: tuple[Any, Any],
        media: dict[str, Any],
        words: dict[str, Any],
    ) -> Any:
        name, file, url = named
        words = {"@id": f"clipitem-{next(self._ids)}", **words}
        self.linked.setdefault((url, start), []).append(words["@id"])
        local = url.replace("file:///", "file://localhost/", 1)  # as Final Cut Pro 7 and Premiere write it
        told = {"fcp_xml": {"media": media, **self._timecode}}
        return clip_of((name, file, local), ranges, told, {"fcp_xml": words})

    def _fade(self, number: int, channel: int, *, into: int = 0, out: int = 0) -> Any:
        effect = {"name": "Cross Fade (+3dB)", "effectid": "KGAudioTransCrossFade3dB"}  # of equal power
        effect |= {"effecttype": "transition", "mediatype": "audio"}
        return otio.schema.Transition(
            f"Fade {'in' if into else 'out'} {number}.{channel}",
            otio.schema.TransitionTypes.SMPTE_Dissolve,
            in_offset=RationalTime(out, self._rate),
            out_offset=RationalTime(into, self._rate),
            metadata={"fcp_xml": {"effect": effect}},
        )


def _sound(channels: int, rate: int) -> dict[str, Any]:
    return {"samplecharacteristics": {"depth": 16, "samplerate": rate}, "channelcount": channels}


def _source(channel: int, channels: int) -> dict[str, Any]:
    words: dict[str, Any] = {"sourcetrack": {"mediatype": "audio", "trackindex": channel}}
    if channels <= 2:
        words["@premiereChannelType"] = "stereo" if channels == 2 else "mono"
    return words


def _levels(gain_db: float, keyframes: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    level: dict[str, Any] = {"name": "Level", "parameterid": "level", "valuemin": 0, "valuemax": LOUDEST}
    level["value"] = _linear(gain_db)
    if keyframes:
        level["keyframe"] = list(keyframes)
    words = {"name": "Audio Levels", "effectid": "audiolevels", "effectcategory": "audiolevels"}
    return {"effect": {**words, "effecttype": "audiolevels", "mediatype": "audio", "parameter": level}}


def _linear(gain_db: float) -> float:
    return round(min(10 ** (min(gain_db, 12.0) / 20), LOUDEST), 6)


def _link(root: ElementTree.Element, linked: Iterable[Sequence[str]]) -> None:
    """Tie clip items together, which the adapter does not, so that they are moved as one; it tells rates twice."""
    for item in root.iter("clipitem"):
        for rate in item.findall("rate")[1:]:
            item.remove(rate)
    items: dict[str, ElementTree.Element] = {}
    words: dict[str, dict[str, object]] = {}
    for kind in ("video", "audio"):
        for track, lane in enumerate(root.findall(f".//sequence/media/{kind}/track"), start=1):
            for index, item in enumerate(lane.findall("clipitem"), start=1):
                name = item.attrib["id"]
                items[name] = item
                words[name] = {"linkclipref": name, "mediatype": kind, "trackindex": track, "clipindex": index}
    for together in linked:
        for name, other in itertools.product(together, repeat=2):
            link = ElementTree.SubElement(items[name], "link")
            for word, value in words[other].items():
                ElementTree.SubElement(link, word).text = str(value)
