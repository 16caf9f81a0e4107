"""OpenTimelineIO: ``.otio``, which DaVinci Resolve, Kdenlive and Premiere read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.arrangement import (
    Arrangement,
    Clip,
    FilmClip,
    MusicClip,
    SceneMark,
    arrange,
    one_line,
)

METADATA = "img2music"

Placed = TypeVar("Placed", bound=Clip)

VOLUMES = (-100.0, 30.0)  # least and greatest volume of a clip in DaVinci Resolve, in decibels

Parameter = tuple[str, float, float, float, Sequence[tuple[int, float]]]
"""Of an effect: its name, its value, the least and the greatest, and values at frames from the clip's start."""


def as_otio(sheet: CueSheet) -> bytes:
    """Write a cue sheet as OpenTimelineIO's JSON."""
    text: str = timeline(arrange(sheet)).to_json_string(indent=2)
    return (text + "\n").encode("utf-8")


def timeline(made: Arrangement) -> Any:
    """Build the timeline: the film, its own sound, and tracks of music."""
    rate = float(made.rate)
    found = otio.schema.Timeline(name=made.name, global_start_time=RationalTime(0, rate))
    pictures = [_shown(each, rate) for each in made.shown]
    found.tracks.append(
        otio.schema.Track("Photos" if made.photos else "Film", pictures, kind=otio.schema.TrackKind.Video)
    )
    if made.sounding:
        sounds = list(spaced(made.sounding, rate, partial(_sound, rate=rate)))
        found.tracks.append(otio.schema.Track(made.sound_name, sounds, kind=otio.schema.TrackKind.Audio))
    for number, clips in enumerate(made.tracks, start=1):
        items = list(spaced(clips, rate, partial(_music, rate=rate)))
        found.tracks.append(otio.schema.Track(f"Music {number}", items, kind=otio.schema.TrackKind.Audio))
    found.tracks.markers.extend(marker(scene, rate) for scene in made.scenes)
    return found


def span(start: int, frames: int, rate: float) -> TimeRange:
    """A range of OpenTimelineIO, of frames."""
    return TimeRange(RationalTime(start, rate), RationalTime(frames, rate))


def spaced(clips: Iterable[Placed], rate: float, written: Callable[[Placed], Iterable[Any]]) -> Iterator[Any]:
    """What is written for each clip of a track, with gaps between."""
    filled = 0
    for clip in clips:
        if clip.start > filled:
            yield otio.schema.Gap(source_range=span(0, clip.start - filled, rate))
        yield from written(clip)
        filled = clip.end


def marker(scene: SceneMark, rate: float) -> Any:
    """A scene as a marker with its mood word."""
    return otio.schema.Marker(
        scene.title,
        span(scene.start, scene.frames, rate),
        color=scene.colour,
        comment=scene.note,  # Kdenlive shows it instead of the name
        metadata={METADATA: {"valence": scene.affect.valence, "arousal": scene.affect.arousal}},
    )


def clip_of(
    names: tuple[str, str, str], ranges: tuple[TimeRange, TimeRange], media: Any = None, told: Any = None
) -> Any:
    """A part of a file: its name, the file's and the URL; what there is and what is used; metadata of file and part."""
    reference = otio.schema.ExternalReference(names[2], ranges[0], metadata=media)
    reference.name = names[1]
    return otio.schema.Clip(names[0], reference, ranges[1], metadata=told)


def _shown(shown: Clip, rate: float) -> Any:
    ranges = span(shown.first, shown.lasts, rate), span(shown.begins, shown.frames, rate)
    return clip_of((shown.name, shown.name, shown.url), ranges)


def _sound(clip: FilmClip, rate: float) -> Iterator[Any]:
    sound = _shown(clip, rate)
    sound.effects.append(_resolve_volume([("volume", clip.gain_db, *VOLUMES, [])]))
    yield sound


def _music(clip: MusicClip, rate: float) -> Iterator[Any]:
    cue = clip.cue
    told: dict[str, Any] = {
        "cue": clip.number,
        "track": cue.track.id,
        "title": None if cue.track.title is None else one_line(cue.track.title),
        "artist": None if cue.track.artist is None else one_line(cue.track.artist),
        "start": cue.start,
        "end": cue.end,
        "passage": {"start": cue.passage.start, "end": cue.passage.end},
        "fade_in": cue.fade_in,
        "fade_out": cue.fade_out,
        "gain_db": cue.gain_db,
        "distance": cue.distance,
        "why": one_line(cue.why),
    }
    if clip.keyframes:
        told["levels"] = [{"frame": frame, "gain_db": round(level, 3)} for frame, level in clip.keyframes]
    ranges = span(clip.first, clip.available, rate), span(clip.source, clip.frames, rate)
    found = clip_of((clip.name, clip.file, clip.url), ranges, told={METADATA: told})
    parameters: list[Parameter] = [
        ("volume", clip.cue.gain_db, *VOLUMES, clip.keyframes),
        ("faderIn", clip.fade_in, 0.0, 2147483648.0, []),
        ("faderOut", clip.fade_out, 0.0, 2147483648.0, []),
    ]
    found.effects.append(_resolve_volume(parameters))
    yield found


def _resolve_volume(parameters: list[Parameter]) -> Any:
    """Gain and fades, in the words that DaVinci Resolve's own files have for them: decibels, and frames."""
    words = [
        {
            "Parameter ID": name,
            "Parameter Value": min(max(float(value), least), most),
            "Default Parameter Value": 0.0,
            "Key Frames": {
                str(frame): {"Value": min(max(float(level), least), most), "Variant Type": "Double"}
                for frame, level in keyframes
            },
            "Variant Type": "Double",
            "minValue": least,
            "maxValue": most,
        }
        for name, value, least, most, keyframes in parameters
    ]
    effect = {"Effect Name": "Fairlight Clip Volume and Fades", "Name": "Volume", "Type": 62, "Enabled": True}
    return otio.schema.Effect(effect_name="Resolve Effect", metadata={"Resolve_OTIO": {**effect, "Parameters": words}})
