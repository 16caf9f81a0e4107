import csv
import io
from pathlib import Path

import mutagen

from img2music.soundtrack.songs_used import as_csv
from tests.support.sounds import encode, tone
from tests.support.soundtracks import cue, sheet


def test_each_song_is_listed_once_with_its_rights(tmp_path: Path) -> None:
    first, second = (encode(tmp_path / name, tone(440.0, 1.0), name[2:]) for name in ("a.flac", "b.mp3"))
    tags = mutagen.File(first)
    tags.update({"copyright": "2020 Somebody", "isrc": "QZ-ABC-20-00001", "organization": "Label"})
    tags.save()
    tags = mutagen.File(second)
    tags.tags.add(mutagen.id3.TCOP(text="Other"))
    tags.tags.add(mutagen.id3.WCOP(url="https://creativecommons.org/licenses/by/4.0/"))
    tags.save()
    said = sheet(80.0, cue(0.0, 20.0, first), cue(20.0, 30.0, second), cue(70.0, 80.0, first))
    one, other = csv.DictReader(io.StringIO(as_csv(said).decode()))
    assert (one["used"], one["at"], one["path"]) == ("0:30", "0:00-0:20; 1:10-1:20", str(first))
    assert (one["copyright"], one["isrc"], one["label"]) == ("2020 Somebody", "QZ-ABC-20-00001", "Label")
    assert (other["copyright"], other["licence"]) == ("Other", "https://creativecommons.org/licenses/by/4.0/")
