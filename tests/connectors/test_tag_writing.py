"""Moods in tags: where they are looked for, taken out without a trace, and nobody else's touched."""

import contextlib
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.flac import Picture
from mutagen.id3 import APIC, ID3, TALB, TBPM, TIT2, TXXX, TYER
from mutagen.mp4 import MP4Cover

from img2music.connectors.tag_writing import FACTS, Moods, TagEdit, TagFile
from img2music.errors import InputError
from img2music.media.packets import same_sound
from tests.support.sounds import FORMATS, encode, tone, wav_header

MOODS = Moods(valence=0.6149, arousal=0.4, mood="serene", tempo=121.376, key="F#m")
OTHER = Moods(valence=0.2, arousal=0.9, mood="tense", tempo=90.0, key=None)
TAGLESS = ("aac", "webm")
KINDS = tuple(kind for kind in FORMATS if kind not in TAGLESS)

ID3_FIELDS = {"TMOO": "serene", "TBPM": "121", "TKEY": "F#m"}
ID3_FIELDS |= {"TXXX:IMG2MUSIC_VALENCE": "0.61", "TXXX:IMG2MUSIC_AROUSAL": "0.40"}
OWN = {"IMG2MUSIC_VALENCE": "0.61", "IMG2MUSIC_AROUSAL": "0.40"}
VORBIS_FIELDS = {"mood": "serene", "bpm": "121.38", "initialkey": "F#m", "key": "F#m", **OWN}
APPLE = "----:com.apple.iTunes:"
MP4_FIELDS = {f"{APPLE}MOOD": b"serene", "tmpo": 121, f"{APPLE}initialkey": b"F#m"}
MP4_FIELDS |= {f"{APPLE}{name}": value.encode() for name, value in OWN.items()}
ASF_FIELDS = {"WM/Mood": "serene", "WM/BeatsPerMinute": "121.38", "WM/InitialKey": "F#m", **OWN}
EXPECTED: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("mp3", "wav", "wav-float", "aiff", "tta"), ID3_FIELDS),
    **dict.fromkeys(("flac", "ogg", "opus"), VORBIS_FIELDS),
    **dict.fromkeys(("m4a", "alac"), MP4_FIELDS),
    "wma": ASF_FIELDS,
    "wv": {"Mood": "serene", "BPM": "121.38", "INITIALKEY": "F#m", "KEY": "F#m", **OWN},
}


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("songs")
    stereo = np.repeat(tone(440, 1, 48_000), 2, axis=0)
    return {kind: encode(folder / f"song.{kind}", stereo, kind, 48_000, title="A song") for kind in FORMATS}


@pytest.fixture
def copied(songs: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    return lambda kind: Path(shutil.copy(songs[kind], tmp_path / songs[kind].name))


def write(path: Path, moods: Moods = MOODS, *, overwrite: bool = False) -> TagEdit:
    file = TagFile(str(path))
    edit = file.write(moods, overwrite=overwrite)
    if edit.changed:
        file.save(str(path))
    return edit


def remove(path: Path) -> TagEdit:
    file = TagFile(str(path))
    edit = file.remove()
    if edit.changed:
        file.save(str(path))
    return edit


def everything(path: Path) -> dict[str, Any]:
    """All tags of a file, as text."""
    return {key: str(value) for key, value in (mutagen.File(path).tags or {}).items()}


def first(value: Any) -> Any:
    value = getattr(value, "text", value)
    value = value[0] if isinstance(value, list) or hasattr(value, "kind") else value
    return getattr(value, "value", value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_container_has_them_where_they_are_looked_for(
    songs: dict[str, Path], copied: Callable[[str], Path], kind: str
) -> None:
    song = copied(kind)
    before = everything(song)
    edit = write(song)
    assert edit.changed
    assert {each.fact for each in edit.fields} == set(FACTS)
    tags = mutagen.File(song).tags
    assert {name: first(tags[name]) for name in EXPECTED[kind]} == EXPECTED[kind]
    assert before.items() <= everything(song).items()
    assert same_sound(songs[kind], song)
    assert not write(song).changed  # nothing to do a second time
    assert remove(song).changed
    assert everything(song) == before
    assert same_sound(songs[kind], song)
    assert not remove(song).changed


@pytest.mark.parametrize(("kind", "mood"), [("mp3", "TMOO"), ("flac", "MOOD"), ("opus", "MOOD"), ("m4a", "MOOD")])
def test_libav_reads_them_too(copied: Callable[[str], Path], kind: str, mood: str) -> None:
    song = copied(kind)
    write(song)
    with av.open(str(song)) as container:
        metadata = {**container.metadata, **container.streams.audio[0].metadata}
    assert metadata[mood] == "serene"
    assert metadata["IMG2MUSIC_VALENCE"] == "0.61"


@pytest.mark.parametrize("kind", TAGLESS)
def test_kinds_without_tags_are_refused(copied: Callable[[str], Path], kind: str) -> None:
    with pytest.raises(InputError, match="this kind of file"):
        TagFile(str(copied(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_other_moods_replace_ours(copied: Callable[[str], Path], kind: str) -> None:
    song = copied(kind)
    before = everything(song)
    write(song)
    edit = write(song, OTHER)
    values = {each.fact: each.after for each in edit.fields}
    assert values["mood"] == ("tense",)
    assert values["key"] == ()  # is not known any more
    assert remove(song).changed
    assert everything(song) == before


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("flac", "Tempo", "93"),  # any case, and a field that is read only
        ("mp3", "TXXX:BPM", "93"),
        ("mp3", "TBPM", "93"),
        ("m4a", "tmpo", 93),
        ("m4a", f"{APPLE}BPM", b"93"),
        ("wma", "WM/BeatsPerMinute", "93"),
        ("wv", "bpm", "93"),
    ],
)
def test_what_others_wrote_stays_unless_it_is_to_go(
    copied: Callable[[str], Path], kind: str, name: str, value: Any
) -> None:
    song = copied(kind)
    tags = mutagen.File(song)
    if name.startswith("TXXX:"):
        tags.tags.add(TXXX(encoding=3, desc=name[5:], text=[value]))
    else:
        tags.tags[name] = TBPM(encoding=3, text=[value]) if name == "TBPM" else [value]
    tags.save()
    before = everything(song)

    edit = write(song)
    assert [each.fact for each in edit.fields if each.kept] == ["tempo"]
    assert before.items() <= everything(song).items()
    assert not write(song).changed
    remove(song)
    assert everything(song) == before

    edit = write(song, overwrite=True)
    assert not any(each.kept for each in edit.fields)
    assert all(str(each.after[0]).startswith("121") for each in edit.fields if each.fact == "tempo")
    assert not write(song).changed  # is ours now
    remove(song)
    assert everything(song) == before


def test_a_tempo_of_nought_says_nothing(copied: Callable[[str], Path]) -> None:
    song = copied("m4a")
    tags = mutagen.File(song)
    tags["tmpo"] = [0]
    tags.save()
    write(song)
    assert mutagen.File(song)["tmpo"] == [121]
    remove(song)
    assert mutagen.File(song)["tmpo"] == [0]


def test_what_a_person_changes_afterwards_stays(copied: Callable[[str], Path]) -> None:
    song = copied("flac")
    before = everything(song)
    write(song)
    tags = mutagen.File(song)
    tags["mood"], tags["title"] = ["Partying"], ["Another title"]
    tags.save()
    edit = write(song, OTHER)
    assert [each.fact for each in edit.fields if each.kept] == ["mood"]
    remove(song)
    assert everything(song) == {**before, "mood": "['Partying']", "title": "['Another title']"}


def test_a_mark_that_makes_no_sense_is_nobody_s(copied: Callable[[str], Path]) -> None:
    song = copied("flac")
    for mark in ("", "{", "[]", '{"wrote": 3}', '{"wrote": {"TITLE": "A song"}}', "[" * 100_000):
        tags = mutagen.File(song)
        tags["img2music"] = [mark]
        tags.save()
        assert not remove(song).fields
        assert mutagen.File(song)["title"] == ["A song"]
        write(song)
        remove(song)
        assert mutagen.File(song).get("mood") is None


def test_id3_keeps_its_version_its_frames_and_its_old_tag(
    songs: dict[str, Path], copied: Callable[[str], Path]
) -> None:
    song = copied("mp3")
    old = b"TAG" + "Caf\xe9".encode("latin1").ljust(30, b"\0") + bytes(94) + b"\x11"
    frames = [
        TIT2(encoding=1, text=["Ünïcode"]),
        TALB(encoding=0, text=["One", "Two"]),
        TYER(encoding=0, text=["1999"]),
    ]
    ID3(song).delete(song)
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(song, v2_version=3, v23_sep=None)
    song.write_bytes(song.read_bytes() + old)
    for step in (write, remove):
        step(song)
        written = ID3(song, translate=False, load_v1=False)
        assert written.version == (2, 3, 0)
        assert [written[frame.FrameID] for frame in frames] == frames
        assert song.read_bytes().endswith(old)
        assert same_sound(songs["mp3"], song)
        assert ("TXXX:MOOD" in written) == (step is write)
        assert "TMOO" not in written  # 2.3 has no such frame


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
def test_pictures_stay(songs: dict[str, Path], copied: Callable[[str], Path], kind: str) -> None:
    song = copied(kind)
    data = bytes(range(256)) * 100
    file = mutagen.File(song)
    if kind == "flac":
        picture = Picture()
        picture.data, picture.type, picture.mime = data, 3, "image/png"
        file.add_picture(picture)
    elif kind == "mp3":
        file.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="Front", data=data))
    else:
        file.tags["covr"] = [MP4Cover(data, MP4Cover.FORMAT_PNG)]
    file.save()

    def pictures() -> list[bytes]:
        file = mutagen.File(song)
        found = file.pictures if kind == "flac" else file.tags.getall("APIC") if kind == "mp3" else file.tags["covr"]
        return [bytes(getattr(each, "data", each)) for each in found]

    for step in (write, remove):
        assert step(song).changed
        assert pictures() == [data]
        assert same_sound(songs[kind], song)


OLD = b"TAG" + "노래".encode("cp949").ljust(30, b"\0") + b"Somebody".ljust(30, b"\0") + bytes(64) + b"\x11"
LYRICS3 = b"LYRICSBEGINLYR00005words000024LYRICS200"  # https://id3.org/Lyrics3v2


def with_apev2(song: Path, **items: str) -> None:
    tags = APEv2()
    tags.update(items)
    tags.save(song)


@pytest.mark.parametrize("gain", [False, True], ids=["alone", "beside APEv2 without words"])
def test_an_old_tag_alone_becomes_a_new_one_beside_it_until_moods_go(copied: Callable[[str], Path], gain: bool) -> None:
    song = copied("mp3")
    ID3(song).delete(song)
    if gain:
        with_apev2(song, MP3GAIN_MINMAX="1,2")
    song.write_bytes(song.read_bytes() + OLD)
    before = song.read_bytes()
    write(song)
    assert ID3(song, load_v1=False)["TPE1"] == "Somebody"
    assert song.read_bytes().endswith(OLD)
    write(song, OTHER)
    remove(song)
    assert song.read_bytes() == before


def test_a_copy_of_an_old_tag_that_somebody_changed_stays(copied: Callable[[str], Path]) -> None:
    song = copied("mp3")
    ID3(song).delete(song)
    song.write_bytes(song.read_bytes() + OLD)
    write(song)
    tags = ID3(song, load_v1=False)
    tags["TIT2"] = TIT2(encoding=3, text=["노래"])
    tags.save(song, v1=0)
    remove(song)
    left = ID3(song, load_v1=False)
    assert (left["TIT2"], left["TPE1"]) == ("노래", "Somebody")
    assert set(left) <= {"TIT2", "TPE1", "TCON"}


@pytest.mark.parametrize("end", [b"", OLD, LYRICS3 + OLD], ids=["none", "ID3v1", "Lyrics3"])
@pytest.mark.parametrize("kind", ["mp3", "wv"])
def test_apev2_that_holds_the_words_takes_the_moods(copied: Callable[[str], Path], kind: str, end: bytes) -> None:
    song = copied(kind)
    if kind == "mp3":
        ID3(song).delete(song)
    with_apev2(song, Title="Номер", Artist="A")
    song.write_bytes(song.read_bytes() + end)
    before = song.read_bytes()
    write(song)
    assert {name: first(APEv2(song)[name]) for name in EXPECTED["wv"]} == EXPECTED["wv"]
    assert first(APEv2(song)["Title"]) == "Номер"
    assert song.read_bytes().endswith(end)
    remove(song)
    assert song.read_bytes() == before


def eight_bits(path: Path, *, pad: bytes = b"", counted: bool = False) -> Path:
    """An odd number of samples of 8 bits in mono as WAV or AIFF, with or without the pad byte that should follow."""
    samples = bytes(128 + round(100 * np.sin(n / 9)) for n in range(4001))
    if path.suffix == ".wav":
        whole = wav_header(1, 8000, 8, len(samples), 1) + samples + pad
        size = (len(whole) - 8 + counted).to_bytes(4, "little")
    else:
        rate = bytes.fromhex("400bfa00000000000000")  # 8000 as a number of 80 bits
        common = b"COMM" + struct.pack(">IhIh", 18, 1, len(samples), 8) + rate
        whole = b"FORM" + bytes(4) + b"AIFF" + common + b"SSND" + struct.pack(">III", len(samples) + 8, 0, 0)
        whole += samples + pad
        size = (len(whole) - 8 + counted).to_bytes(4, "big")
    path.write_bytes(whole[:4] + size + whole[8:])
    return path


@pytest.mark.parametrize("counted", [False, True], ids=["size as it is", "size with the pad byte"])
@pytest.mark.parametrize("ending", ["wav", "aiff"])
def test_a_pad_byte_that_lacks_is_put_in(tmp_path: Path, ending: str, counted: bool) -> None:
    song = eight_bits(tmp_path / f"song.{ending}", counted=counted)
    original = Path(shutil.copy(song, tmp_path / f"original.{ending}"))
    write(song)
    assert {name: first(mutagen.File(song).tags[name]) for name in ID3_FIELDS} == ID3_FIELDS
    assert same_sound(original, song)
    size = song.stat().st_size
    assert size % 2 == 0
    assert int.from_bytes(song.read_bytes()[4:8], "little" if ending == "wav" else "big") == size - 8
    assert not write(song).changed
    assert remove(song).changed
    assert not remove(song).changed
    assert mutagen.File(song).tags is None
    assert song.stat().st_size == original.stat().st_size + 1
    assert same_sound(original, song)


def dsd(path: Path) -> Path:
    """One-bit sound as DSF, or as DFF with an odd number of bytes and no pad byte."""
    sound = bytes(range(256)) * 32
    if path.suffix == ".dsf":
        rate, samples = 2_822_400, len(sound) // 2 * 8
        form = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 2, 2, rate, 1, samples, 4096, 0)
        parts = form + b"data" + struct.pack("<Q", 12 + len(sound)) + sound
        path.write_bytes(b"DSD " + struct.pack("<QQQ", 28, 28 + len(parts), 0) + parts)
        return path

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">Q", len(content)) + content

    channels = chunk(b"CHNL", struct.pack(">H", 1) + b"C   ")
    properties = (
        b"SND " + chunk(b"FS  ", struct.pack(">I", 2_822_400)) + channels + chunk(b"CMPR", b"DSD \x0fnot compressed ")
    )
    parts = b"DSD " + chunk(b"FVER", bytes(4)) + chunk(b"PROP", properties) + chunk(b"DSD ", sound[:-1])
    path.write_bytes(chunk(b"FRM8", parts))
    return path


@pytest.mark.parametrize("ending", ["dsf", "dff"])
def test_one_bit_sound(tmp_path: Path, ending: str) -> None:
    song = dsd(tmp_path / f"song.{ending}")
    original = Path(shutil.copy(song, tmp_path / f"original.{ending}"))
    write(song)
    assert {name: first(mutagen.File(song).tags[name]) for name in ID3_FIELDS} == ID3_FIELDS
    assert not write(song).changed
    assert same_sound(original, song)
    remove(song)
    assert mutagen.File(song).tags is None
    assert same_sound(original, song)
    if ending == "dsf":
        assert song.read_bytes() == original.read_bytes()


def test_what_could_not_be_read_again_is_refused(tmp_path: Path) -> None:
    """Chunks that are not where they should be: none before another one has its pad byte; a stream has no sizes."""
    whole = eight_bits(tmp_path / "song.wav").read_bytes()
    info = b"LIST" + struct.pack("<I", 16) + b"INFOINAM" + struct.pack("<I", 4) + b"abc\0"
    unpadded = whole[:4] + struct.pack("<I", len(whole + info) - 8) + whole[8:] + info
    streamed = whole[:4] + b"\xff" * 4 + whole[8:40] + b"\xff" * 4 + whole[44:]
    for number, content in enumerate((unpadded, streamed)):
        song = tmp_path / f"{number}.wav"
        song.write_bytes(content)
        with pytest.raises(InputError, match="it is left as it was"):
            write(song)


def test_an_old_tag_alone_stays_below_a_new_one_in_order(copied: Callable[[str], Path]) -> None:
    song = copied("tta")
    song.write_bytes(song.read_bytes() + OLD)
    before = song.read_bytes()
    write(song)
    remove(song)
    assert song.read_bytes() == before


@pytest.mark.parametrize(("kind", "ending"), [("mp3", "flac"), ("opus", "mp3"), ("flac", "ogg"), ("m4a", "wav")])
def test_an_ending_that_lies_does_not_matter(songs: dict[str, Path], tmp_path: Path, kind: str, ending: str) -> None:
    song = Path(shutil.copy(songs[kind], tmp_path / f"song.{ending}"))
    write(song)
    honest = song.rename(tmp_path / songs[kind].name)
    tags = mutagen.File(honest).tags
    assert {name: first(tags[name]) for name in EXPECTED[kind]} == EXPECTED[kind]
    assert same_sound(songs[kind], honest)


def test_damage_anywhere_is_one_line_or_nothing(songs: dict[str, Path], tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    for kind in KINDS:
        whole = songs[kind].read_bytes()
        for _ in range(10):
            damaged = bytearray(whole)
            for place in random.integers(0, min(len(whole), 600), 20):
                damaged[place] = random.integers(256)
            path = tmp_path / f"song.{kind}"
            path.write_bytes(damaged)
            with contextlib.suppress(InputError):  # and no other error
                write(path)
                remove(path)


texts = st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12), min_size=1, max_size=3)
moods = st.builds(
    Moods,
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["serene", "tense", "neutral"]),
    st.none() | st.floats(30, 300),
    st.none() | st.sampled_from(["C", "F#m", "Ebm"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    foreign=st.dictionaries(st.sampled_from(["MOOD", "mood", "BPM", "Tempo", "KEY", "InitialKey", "title"]), texts),
    written=st.lists(st.tuples(moods, st.booleans()), min_size=1, max_size=4),
)
def test_removing_undoes_whatever_was_written(
    foreign: dict[str, list[str]], written: list[tuple[Moods, bool]], songs: dict[str, Path], tmp_path: Path
) -> None:
    song = Path(shutil.copy(songs["flac"], tmp_path / "law.flac"))
    tags = mutagen.File(song)
    for name, values in foreign.items():
        tags[name] = values
    tags.save()
    before = everything(song)
    for each, overwrite in written:
        write(song, each, overwrite=overwrite)
        assert not write(song, each, overwrite=overwrite).changed
    remove(song)
    assert everything(song) == before


@pytest.mark.parametrize(("kind", "place"), [("aiff", 4), ("flac", 5)])
def test_damage_is_told_in_plain_words(copied: Callable[[str], Path], kind: str, place: int) -> None:
    path = copied(kind)
    content = path.read_bytes()
    path.write_bytes(content[:place] + b"\xff" * 4 + content[place + 4 :])
    plain = r"^[^']*can't be [a-z ]+ \(the file is damaged[a-z ,]*\); it is left as it was\.$"
    with pytest.raises(InputError) as told:
        write(path)
    assert re.match(plain, told.value.reason)


def test_a_value_that_is_no_text_comes_back(copied: Callable[[str], Path]) -> None:
    song = copied("m4a")
    tags = mutagen.File(song)
    tags[f"{APPLE}MOOD"] = [b"\xff\xfe mood"]
    tags.save()
    before = everything(song)
    assert write(song, overwrite=True).changed
    assert mutagen.File(song)[f"{APPLE}MOOD"] == [b"serene"]
    remove(song)
    assert everything(song) == before
