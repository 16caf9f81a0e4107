"""The one song that photos are spread over, from its start to its end."""

from collections.abc import Sequence

import numpy as np

from img2music.distribution import AffectDistribution
from img2music.errors import UsageError
from img2music.matching.calibration import targets
from img2music.matching.passages import clock
from img2music.options import MatchMode
from img2music.soundtrack.curves import TrackCurves
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import LEAST_SECONDS, MOST_SECONDS
from img2music.soundtrack.spotting import Candidates


def fitting(photos: int, tracks: Candidates) -> list[int]:
    """The tracks that are not too short and not too long for all photos."""
    if tracks.pins:
        if set(tracks.pins) != {0}:
            raise UsageError("With `whole_song` only one song can be pinned, to scene 1.")
        indices = list(tracks.pins.values())
    else:
        indices = np.flatnonzero(tracks.allowed).tolist()
    per_photo = tracks.durations / photos
    found = [index for index in indices if LEAST_SECONDS <= per_photo[index] <= MOST_SECONDS]
    if not found:
        least, most = clock(LEAST_SECONDS * photos), clock(MOST_SECONDS * photos)
        raise UsageError(
            f"No song that may be used lasts {least} to {most}, so that each of {photos} photos is seen for "
            f"{LEAST_SECONDS:g} to {MOST_SECONDS:g} seconds: leave out `whole_song`."
        )
    return found


def whole_song(photos: Sequence[Photo], tracks: Candidates, match: MatchMode, natural: AffectDistribution) -> int:
    """The track that goes best along with photos which are spread evenly from its start to its end."""
    relative = match is MatchMode.RELATIVE
    points = np.array([(photo.affect.valence, photo.affect.arousal) for photo in photos])
    positions = targets(points, natural) if relative else points
    music = TrackCurves(tracks.durations, tracks.curves, tracks.library if relative else None, 1.0, 0.0)
    middles = (np.arange(len(photos)) + 0.5) / len(photos)

    def distance(index: int) -> float:
        heard = music.positions(index, middles * tracks.durations[index])
        return float(np.hypot(*(heard - positions).T).mean())

    return min(fitting(len(photos), tracks), key=distance)
