"""The one song that photos are spread over, from its start to its end."""

from collections.abc import Sequence

import numpy as np

from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.matching.calibration import targets
from img2music.matching.passages import clock
from img2music.options import MatchMode, SlideshowOptions
from img2music.soundtrack.curves import TrackCurves
from img2music.soundtrack.slideshow.clips import lengths
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import LEAST_SECONDS, MOST_SECONDS
from img2music.soundtrack.spotting import Candidates


def fitting(photos: int, tracks: Candidates, clips: float = 0.0) -> list[int]:
    """The tracks that are not too short and not too long for all photos, beside so many seconds of clips."""
    if not photos:
        raise UsageError("`whole_song` spreads photos over a song, and there are only clips: leave it out.")
    if tracks.pins:
        if set(tracks.pins) != {0}:
            raise UsageError("With `whole_song` only one song can be pinned, to scene 1.")
        indices = list(tracks.pins.values())
    else:
        indices = np.flatnonzero(tracks.allowed).tolist()
    per_photo = (tracks.durations - clips) / photos
    found = [index for index in indices if LEAST_SECONDS <= per_photo[index] <= MOST_SECONDS]
    if not found:
        least, most = (clock(each * photos + clips) for each in (LEAST_SECONDS, MOST_SECONDS))
        raise UsageError(
            f"No song that may be used lasts {least} to {most}, so that each of {photos} photos is seen for "
            f"{LEAST_SECONDS:g} to {MOST_SECONDS:g} seconds: leave out `whole_song`."
        )
    return found


def whole_song(
    photos: Sequence[Photo],
    tracks: Candidates,
    options: SlideshowOptions,
    match: MatchMode,
    natural: AffectDistribution,
) -> int:
    """The track that goes best along with photos which are spread evenly from its start to its end, between clips."""
    clips = sum(lengths(photos, 0.0, options))
    still = sum(photo.clip is None for photo in photos)
    relative = match is MatchMode.RELATIVE
    points = np.array([(photo.affect.valence, photo.affect.arousal) for photo in photos])
    positions = targets(points, natural) if relative else points
    music = TrackCurves(tracks.durations, tracks.curves, tracks.library if relative else None, 1.0, 0.0)

    def distance(index: int) -> float:
        seconds = np.array(lengths(photos, (tracks.durations[index] - clips) / still, options))
        heard = music.positions(index, np.cumsum(seconds) - seconds / 2)
        return float(np.hypot(*(heard - positions).T).mean())

    return min(fitting(still, tracks, clips), key=distance)
