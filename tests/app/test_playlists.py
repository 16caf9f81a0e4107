"""Songs put together by hand, as recommendations."""

from img2music.affect import Affect
from img2music.app.playlists import playlist
from img2music.matching.passages import Passage
from img2music.matching.playlists import FORMATS
from tests.support.songs import track


def test_it_is_written_in_order_in_every_format() -> None:
    songs = [track(2, "/m/b.flac", affect=Affect(0.2, 0.6)), track(1, "/m/a.flac", affect=Affect(0.6, 0.6))]
    found = playlist([(songs[0], Passage(3.0, 33.0)), (songs[1], None)])
    assert found[0].query.affect == Affect(0.4, 0.6)
    assert [match.rank for match in found.matches] == [1, 2]
    for chosen in FORMATS.values():
        text = chosen.write(found, None).decode()
        assert text.index("b.flac") < text.index("a.flac")
