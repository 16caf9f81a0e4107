"""Timelines in OpenTimelineIO's model: its own files, and Final Cut Pro 7's XML through its adapter."""

from collections.abc import Sequence
from typing import Any

from img2music.errors import MissingExtraError
from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import Arrangement, MusicClip, SceneMark, arrange

try:
    import opentimelineio as otio
except ImportError as missing:
    raise MissingExtraError("Writing timelines", "soundtrack") from missing

NAMESPACE = "img2music"
"""Where metadata of ours lies in OpenTimelineIO's objects."""

XML_NAMESPACE = "fcp_xml"
"""Where the adapter of Final Cut Pro 7's XML takes further elements from."""

SOUND_OF_FILE = {"sourcetrack": {"mediatype": "audio", "trackindex": "1"}}
"""Which of a file's tracks a clip plays. Without it the adapter takes the film's sound for its picture once more."""

MOST_LEVEL = 3.98109
"""Greatest level of its audio filter, which is +12 dB."""


def as_otio(sheet: CueSheet) -> bytes:
    """Write an OpenTimelineIO file.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
    """
    return _written(timeline(arrange(sheet)), "otio_json")


def as_fcp7_xml(sheet: CueSheet) -> bytes:
    """Write Final Cut Pro 7's XML (xmeml 4), which Premiere Pro, DaVinci Resolve and Kdenlive read.

    Parameters
    ----------
    sheet : CueSheet

    Returns
    -------
    bytes
    """
    arrangement = arrange(sheet)
    made = timeline(arrangement)
    made.metadata[XML_NAMESPACE] = _sequence_elements(arrangement)
    video, *sounds = made.tracks
    video[0].media_reference.metadata[XML_NAMESPACE] = _film_elements(arrangement)
    if arrangement.film.channels:
        own = sounds.pop(0)
        own[0].media_reference.metadata[XML_NAMESPACE] = _film_elements(arrangement)
        own[0].metadata[XML_NAMESPACE] = SOUND_OF_FILE
    for track, clips in zip(sounds, arrangement.tracks, strict=True):
        for item, clip in zip(track.find_clips(), clips, strict=True):
            item.metadata[XML_NAMESPACE] = SOUND_OF_FILE | {"filter": _levels(clip)}
            item.media_reference.metadata[XML_NAMESPACE] = {"media": {"audio": _sound(clip.rate, clip.channels)}}
    return _written(made, "fcp_xml")


def timeline(arrangement: Arrangement) -> "otio.schema.Timeline":
    """Lay an arrangement out as OpenTimelineIO does.

    Parameters
    ----------
    arrangement : Arrangement

    Returns
    -------
    opentimelineio.schema.Timeline
        The film on track V1, its own sound on A1 if it has any, the music on the tracks after it. What a format has no
        field for (gain, fades, distance and reason of a cue) is in the clips' metadata under ``img2music``.
    """
    film = arrangement.film
    made = otio.schema.Timeline(arrangement.name, global_start_time=_time(film.first, arrangement))
    made.metadata[NAMESPACE] = {"schema": "img2music/timeline/1"}
    made.tracks.append(_track("V1", otio.schema.TrackKind.Video, [_film_clip(arrangement)]))
    sounds = [[_film_clip(arrangement)]] if film.channels else []
    sounds += [_with_gaps(clips, arrangement) for clips in arrangement.tracks]
    for number, items in enumerate(sounds, start=1):
        made.tracks.append(_track(f"A{number}", otio.schema.TrackKind.Audio, items))
    made.tracks.markers.extend(_marker(scene, arrangement) for scene in arrangement.scenes)
    return made


def _time(frames: int, arrangement: Arrangement) -> "otio.opentime.RationalTime":
    return otio.opentime.RationalTime(frames, float(arrangement.rate))


def _range(start: int, frames: int, arrangement: Arrangement) -> "otio.opentime.TimeRange":
    return otio.opentime.TimeRange(_time(start, arrangement), _time(frames, arrangement))


def _track(name: str, kind: str, items: Sequence["otio.core.Composable"]) -> "otio.schema.Track":
    return otio.schema.Track(name, items, kind=kind)


def _film_clip(arrangement: Arrangement) -> "otio.schema.Clip":
    film = arrangement.film
    whole = _range(film.first, film.frames, arrangement)
    reference = otio.schema.ExternalReference(film.url, whole)
    reference.name = film.name
    return otio.schema.Clip(film.name, reference, whole)


def _with_gaps(clips: Sequence[MusicClip], arrangement: Arrangement) -> list["otio.core.Composable"]:
    items: list[otio.core.Composable] = []
    end = 0
    for clip in clips:
        if clip.start > end:
            items.append(otio.schema.Gap(source_range=_range(0, clip.start - end, arrangement)))
        items.append(_music_clip(clip, arrangement))
        end = clip.end
    return items


def _music_clip(clip: MusicClip, arrangement: Arrangement) -> "otio.schema.Clip":
    reference = otio.schema.ExternalReference(clip.url, _range(0, clip.available, arrangement))
    reference.name = clip.file
    item = otio.schema.Clip(clip.name, reference, _range(clip.source, clip.frames, arrangement))
    cue = clip.cue
    item.metadata[NAMESPACE] = {
        "cue": clip.number,
        "gain_db": round(cue.gain_db, 3),
        "fade_in_frames": clip.fade_in,
        "fade_out_frames": clip.fade_out,
        "distance": None if cue.distance is None else round(cue.distance, 3),
        "why": cue.why,
    }
    return item


def _marker(scene: SceneMark, arrangement: Arrangement) -> "otio.schema.Marker":
    marker = otio.schema.Marker(
        scene.title, _range(scene.start, scene.frames, arrangement), color=scene.colour, comment=scene.note
    )
    marker.metadata[XML_NAMESPACE] = {"comment": scene.note}
    return marker


def _written(made: "otio.schema.Timeline", adapter: str) -> bytes:
    text: str = otio.adapters.write_to_string(made, adapter)
    return (text.rstrip("\n") + "\n").encode("utf-8")


def _sequence_elements(arrangement: Arrangement) -> dict[str, Any]:
    """Size of the picture and kind of the sound, without which editors take those of another project."""
    video: dict[str, Any] = {"format": {"samplecharacteristics": _picture(arrangement)}}
    sound = {"samplecharacteristics": {"depth": "16", "samplerate": "48000"}}
    return {"media": {"video": video, "audio": {"numOutputChannels": "2", "format": sound}}}


def _film_elements(arrangement: Arrangement) -> dict[str, Any]:
    film = arrangement.film
    media: dict[str, Any] = {"video": {"samplecharacteristics": _picture(arrangement)}}
    if film.channels:
        media["audio"] = _sound(film.rate, film.channels)
    return {"media": media}


def _picture(arrangement: Arrangement) -> dict[str, str]:
    if arrangement.film.size is None:
        return {}
    width, height = arrangement.film.size
    return {"width": str(width), "height": str(height), "pixelaspectratio": "square", "fielddominance": "none"}


def _sound(rate: int, channels: int) -> dict[str, Any]:
    return {"samplecharacteristics": {"depth": "16", "samplerate": str(rate)}, "channelcount": str(channels)}


def _levels(clip: MusicClip) -> dict[str, Any]:
    """The filter that sets a clip's level along time; its times count from the beginning of the song."""
    level = min(10.0 ** (clip.cue.gain_db / 20.0), MOST_LEVEL)
    edges = [(0, 0.0 if clip.fade_in else level)]
    if clip.fade_in:
        edges.append((clip.fade_in, level))
    if clip.fade_out:
        edges += [(clip.frames - clip.fade_out, level), (clip.frames, 0.0)]
    keyframes = [{"when": str(clip.source + at), "value": f"{value:.5f}"} for at, value in edges]
    parameter = {
        "parameterid": "level",
        "name": "Level",
        "valuemin": "0",
        "valuemax": str(MOST_LEVEL),
        "value": f"{level:.5f}",
        "keyframe": keyframes,
    }
    effect = {
        "name": "Audio Levels",
        "effectid": "audiolevels",
        "effectcategory": "audiolevels",
        "effecttype": "audiolevels",
        "mediatype": "audio",
        "parameter": parameter,
    }
    return {"enabled": "TRUE", "effect": effect}
