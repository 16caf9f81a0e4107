"""Songs that a person has put together, as recommendations are written."""

from collections.abc import Sequence

from img2music.affect import Affect
from img2music.matching.calibration import similarity
from img2music.matching.passages import Passage
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.options import MatchMode
from img2music.track import Track


def playlist(songs: Sequence[tuple[Track, Passage | None]]) -> Recommendations:
    """Make a playlist of songs, at least one, each with its passage; what it is matched to is their mean affect."""
    affects = [track.affect for track, _ in songs]
    mean = Affect(*(sum(getattr(each, axis) for each in affects) / len(songs) for axis in ("valence", "arousal")))
    matches = []
    for rank, (track, passage) in enumerate(songs, start=1):
        position, distance = (track.affect.valence, track.affect.arousal), track.affect.distance(mean)
        matches.append(Match(rank, track, position, distance, similarity(distance), passage, ""))
    found = Recommendation(Query(QueryKind.POINT, mean), (mean.valence, mean.arousal), tuple(matches))
    return Recommendations(MatchMode.ABSOLUTE, True, (found,))
