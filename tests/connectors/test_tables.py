"""Tables of songs, as people have them."""

import csv
import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.connectors.tables import NAMES, read_songs
from img2music.errors import InputError, MissingExtraError, UsageError
from img2music.music.song import Song

HEADER = "track_name,track_artist,danceability,key,tempo,duration_ms"
ROW = "Jóga,Björk,0.5,3,80.25,305000"
SONG = Song(row=2, title="Jóga", artist="Björk", danceability=0.5, key=3, tempo=80.25, duration=305.0)
ID = "6f807x0ima9a1j3VPbc7VN"


def table(folder: Path, text: str | bytes, name: str = "songs.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str | bytes, **mapping: str):
    return read_songs(table(folder, text), mapping)


def one(folder: Path, header: str, row: str, **mapping: str) -> Song:
    (song,) = read(folder, f"title,{header}\nx,{row}\n", **mapping).songs
    return song


TEXT = f"{HEADER}\n{ROW}\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.rstrip().encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", ";").replace("0.5", "0,5").replace("80.25", "80,25").encode("cp1252"),
        b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
        b"\n\n" + TEXT.encode() + b"\n,,,,,\n\n",
        TEXT.replace(",305000", ",305000,,,").encode(),
        TEXT.replace("track_name", " Track Name ").replace("duration_ms", "Duration (ms)").encode(),
        TEXT.replace("Björk", '"Björk"').encode(),
    ],
    ids=lambda content: ascii(content[:24]),
)
def test_dialects_and_encodings(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content)
    assert [(song.title, song.artist, song.duration) for song in found.songs] == [("Jóga", "Björk", 305.0)]
    assert (found.songs[0].danceability, found.songs[0].key, found.songs[0].tempo) == (0.5, 3, 80.25)
    assert found.problems == []


def test_a_song_has_all_that_the_table_says(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT).songs == [SONG]
    assert read(tmp_path, TEXT).columns == {
        "title": "track_name",
        "artist": "track_artist",
        "danceability": "danceability",
        "key": "key",
        "tempo": "tempo",
        "duration_ms": "duration_ms",
    }


def test_utf8_with_a_line_of_another_program_in_it(tmp_path: Path) -> None:
    text = "title\nJóga\n".encode() + "Café\n".encode("cp1252") + "좋은 날\n".encode()
    assert [song.title for song in read(tmp_path, text).songs] == ["Jóga", "Café", "좋은 날"]


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("energy", "", "energy", None),
        ("energy", " NA ", "energy", None),
        ("energy", "null", "energy", None),
        ("energy", "1e-3", "energy", 0.001),
        ("danceability_%", "80", "danceability", 0.8),
        ("key", "F#", "key", 6),
        ("key", "Bb", "key", 10),
        ("key", "Cb", "key", 11),
        ("key", "-1", "key", None),
        ("key", "7.0", "key", 7),
        ("mode", "Minor", "mode", 0),
        ("mode", "1", "mode", 1),
        ("bpm", "0", "tempo", None),
        ("loudness", "-60", "loudness", -60.0),
        ("length", "3:05", "duration", 185.0),
        ("length", "1:00:00", "duration", 3600.0),
        ("duration", "185.5", "duration", 185.5),
        ("duration_ms", '"185,500"', "duration", 185.5),
        ("duration_ms", "0", "duration", None),
        ("release_date", "1999-05", "year", 1999),
        ("year", "1999.0", "year", 1999),
        ("year", "0000", "year", None),
        ("artists", "\"['Nina', 'Hall & Oates']\"", "artist", "Nina; Hall & Oates"),
        ("artists", '"[\'Sergei Rachmaninoff\', ""D\'Angelo""]"', "artist", "Sergei Rachmaninoff; D'Angelo"),
        (
            "artists",
            '"[""D\'Angelo"", ""Bj\\u00f6rk"", ""AC\\/DC"", ""\\ud83c\\udfb5""]"',
            "artist",
            "D'Angelo; Björk; AC/DC; 🎵",
        ),
        ("artists", "\"['It\\'s']\"", "artist", "It's"),
        ("artists", "\"['a' 'b'\n 'c']\"", "artist", "a; b; c"),
        ("artists", "\"array(['a', 'b'], dtype=object)\"", "artist", "a; b"),
        ("artists", "\"[np.str_('a'), np.str_('b')]\"", "artist", "a; b"),
        ("artists", "\"('a', 'b')\"", "artist", "a; b"),
        ("artists", "['a']", "artist", "a"),
        ("artists", "[]", "artist", None),
        ("artists", "Gen Hoshino;Ingrid Michaelson ;", "artist", "Gen Hoshino; Ingrid Michaelson"),
        ("genres", "['pop' 'k-pop']", "genre", "pop; k-pop"),
        ("album", "['n' Roll", "album", "['n' Roll"),
        ("album", "Steins;Gate", "album", "Steins;Gate"),
        ("key", "C♯/D♭", "key", 1),
        ("artist", " two   words ", "artist", "two words"),
        ("artist", "NA", "artist", None),
        ("artist", "None", "artist", "None"),
        ("lyrics", '"a\nb"', "lyrics", "a\nb"),
        ("track_id", ID, "identifier", f"spotify:{ID}"),
        ("uri", f"spotify:track:{ID}", "identifier", f"spotify:{ID}"),
        ("id", f"https://open.spotify.com/track/{ID}?si=x", "identifier", f"spotify:{ID}"),
        ("isrc", "us-rc1-76-07839", "identifier", "isrc:USRC17607839"),
        ("id", "B10BBBFC-CF9E-42E0-BE17-E2C3E1D2600D", "identifier", "mbid:b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"),
        ("id", "17", "identifier", None),
    ],
)
def test_cells(tmp_path: Path, column: str, cell: str, field: str, value: object) -> None:
    song = one(tmp_path, column, cell)
    assert getattr(song, field) == value


def test_a_chosen_column_of_identifiers_may_hold_anything(tmp_path: Path) -> None:
    assert one(tmp_path, "number", "17", identifier="number").identifier == "17"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("energy", "loud", "'loud' is no number"),
        ("energy", "1_0", "'1_0' is no number"),
        ("energy", '"0,5"', "'0,5' is no number"),
        ("energy", '"0,345"', "'0,345' is not between 0 and 1"),
        ("energy", "1e308", "'1e308' is not between 0 and 1"),
        ("energy", "1e999", "'1e999' is no finite number"),
        ("energy", "NaN", "'NaN' is no finite number"),
        ("energy", "-inf", "'-inf' is no finite number"),
        ("danceability_%", "101", "'101' is not between 0 and 100"),
        ("key", "12", "'12' is no key (0 = C to 11 = B)"),
        ("key", "2.5", "'2.5' is no key (0 = C to 11 = B)"),
        ("mode", "2", "'2' is no mode (1 = major, 0 = minor)"),
        ("tempo", "-5", "'-5' is no tempo (beats per minute, up to 1000)"),
        ("loudness", "1e308", "'1e308' is no loudness (-120 to 30 dB)"),
        ("duration", "9e9", "'9e9' is no length of a song; if it is in milliseconds: `mapping=duration_ms=COLUMN`"),
        ("duration_ms", "-1", "'-1' is no length of a song"),
        ("year", "soon", "'soon' holds no year"),
        ("energy", "x" * 40, f"'{'x' * 30}'... is no number"),
        ("energy", "0\x00", r"'0\\x00' is no number"),
        ("album", "x" * 501, "has 501 characters, more than 500"),
    ],
)
def test_a_bad_cell_is_a_problem_and_its_song_lacks_the_value(
    tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    found = read(tmp_path, f"title,{column}\nfirst,\nsecond,{cell}\nthird,\n")
    assert [song.title for song in found.songs] == ["first", "second", "third"]
    assert [(each.line, each.column, each.error) for each in found.problems] == [(3, column, reason)]
    assert found.songs[1] == Song(row=3, title="second")
    assert str(found.problems[0]) == f"line 3, column {column}: {reason}"


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("a,0.1,0.2\n,0.1,0.2\nb,0.1,0.2", 3, "has no title; left out"),
        ("a,0.1,0.2\nNA,0.1,0.2\nb,0.1,0.2", 3, "has no title; left out"),
        ("a,0.1,0.2\nx,y,0.1,0.2\nb,0.1,0.2", 3, "has 4 cells, the header has 3 (a comma not quoted?); left out"),
        ("a,0.1,0.2\nx\nb,0.1,0.2", 3, "has 1 cells, the header has 3; left out"),
        ("a,0.1,0.2\ntitle,energy,valence\nb,0.1,0.2", 3, "is the header once more; left out"),
        ("text,number,number\na,0.1,0.2\nb,0.1,0.2", 2, "no cell that should hold a number does (a second header?)"),
        ('a,0.1,0.2\n"x,0.1,0.2\nb,0.1,0.2', 3, "a quote is not closed; left out"),
        ('a,0.1,0.2\n"x,0.1,0.2\n"b",0.1,0.2', 3, "a quote is not closed; left out"),
        (f'a,0.1,0.2\n"{"x" * 200_000}",0.1,0.2\nb,0.1,0.2', 3, "a cell is longer than 131,072 characters"),
        ('a,0.1,0.2\n"x' + "x,0.1\n" * 30_000 + "b,0.1,0.2", 3, "a cell is longer than 131,072 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_row_is_left_out_and_the_others_are_read(tmp_path: Path, rows: str, line: int, reason: str) -> None:
    found = read(tmp_path, f"title,energy,valence\n{rows}\n")
    assert [song.title for song in found.songs] == ["a", "b"]
    assert found.problems[0].line == line
    assert found.problems[0].error.startswith(reason)
    assert found.left_out == len(found.problems)


def test_lines_above_the_header_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, f"My songs,,,,,\n\n{TEXT}")
    assert [song.row for song in found.songs] == [4]
    assert [str(problem) for problem in found.problems] == ["line 1: is above the header, and was left out"]


def test_rows_of_several_lines_keep_count(tmp_path: Path) -> None:
    found = read(tmp_path, 'title,lyrics,key\na,"one\ntwo\n",12\nb,,12\n')
    assert [song.row for song in found.songs] == [2, 5]
    assert [problem.line for problem in found.problems] == [2, 5]


def test_of_two_columns_of_one_name_the_first_counts(tmp_path: Path) -> None:
    found = read(tmp_path, "title,energy,energy\na,0.1,0.9\n")
    assert found.songs == [Song(row=2, title="a", energy=0.1)]
    assert [str(problem) for problem in found.problems] == [
        "line 1, column energy: is there 2 times; the first counts, for energy"
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n\t\n", "is empty"),
        (HEADER.encode(), "has a header, and no song below it"),
        (b"a,b\n1,2\n", r"line 1: there is no column of titles; .*`mapping=title=COLUMN`. There is: a, b"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "is no text"),
        (bytes(5000), "is no text"),
        (b"PK\x03\x04" + bytes(99), "spreadsheet"),
        (b"\x1f\x8b" + bytes(99), "compressed"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "Excel"),
        (b"SQLite format 3\0" + bytes(99), "database"),
        (b"PAR1" + bytes(99), "damaged Parquet"),
        (b"\xff\xfe", "is empty"),
    ],
    ids=lambda value: ascii(value[:12]),
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        read(tmp_path, content)
    assert "\n" not in str(raised.value)
    assert raised.value.path == str(tmp_path / "songs.csv")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "folder"), (tmp_path / "none.csv", "no such file"), (Path("/dev/null"), "device")):
        with pytest.raises(InputError, match=reason):
            read_songs(path)


def test_a_mapping_decides(tmp_path: Path) -> None:
    text = "song,name,mood\na,b,0.25\n"
    assert read(tmp_path, text).songs == [Song(row=2, title="a")]
    assert read(tmp_path, text, title="name", valence="mood").songs == [Song(row=2, title="b", valence=0.25)]
    assert one(tmp_path, "length", "2000", duration_ms="length").duration == 2.0
    with pytest.raises(InputError, match="line 1: there is no column 'moods' for valence; there is: song, name, mood"):
        read(tmp_path, text, valence="moods")
    with pytest.raises(UsageError, match="no 'mood' to map"):
        read(tmp_path, text, mood="mood")


MOST_STREAMED = (
    "track_name,artist(s)_name,artist_count,released_year,released_month,streams,bpm,key,mode,danceability_%,valence_%,"
    "energy_%,acousticness_%,instrumentalness_%,liveness_%,speechiness_%\n"
    'Seven (feat. Latto),"Latto, Jung Kook",2,2023,7,141381703,125,B,Major,80,89,83,31,0,8,1\n'
    "LALA,Myke Towers,1,2023,3,133716286,92,C#,Major,71,61,74,7,0,10,4\n"
)
TOP_SONGS = (
    "title,artist,top genre,year,bpm,nrgy,dnce,dB,live,val,dur,acous,spch,pop\n"
    '"Hey, Soul Sister",Train,neo mellow,2010,97,89,67,-4,8,80,217,19,4,83\n'
    "TiK ToK,Kesha,dance pop,2010,120,84,76,-3,29,71,200,10,1,80\n"
)


def test_common_tables(tmp_path: Path) -> None:
    found = read(tmp_path, MOST_STREAMED)
    first, second = found.songs
    assert (first.artist, first.year, first.tempo, first.key, first.mode) == ("Latto, Jung Kook", 2023, 125.0, 11, 1)
    assert (first.valence, first.energy, first.speechiness, second.liveness) == (0.89, 0.83, 0.01, 0.10)
    assert found.problems == []
    assert found.notes == ["Columns that are not understood and not used: artist_count, released_month, streams."]
    found = read(tmp_path, TOP_SONGS)
    first, second = found.songs
    assert (first.artist, first.genre, first.loudness, first.duration) == ("Train", "neo mellow", -4.0, 217.0)
    assert (first.energy, first.danceability, first.valence, first.acousticness) == (0.89, 0.67, 0.80, 0.19)
    assert (second.speechiness, second.liveness) == (0.01, 0.29)
    assert found.notes[0] == "Columns that are not understood and not used: pop."
    assert found.notes[1].startswith("Read in percent, since numbers go up to 100: dnce, nrgy, val, ")


def column(folder: Path, *cells: object, name: str = "energy", beside: tuple[object, ...] = ()) -> list[float | None]:
    rows = [f"{number},{cell},{beside[number] if beside else ''}" for number, cell in enumerate(cells)]
    return [song.energy for song in read(folder, f"title,{name},valence\n" + "\n".join(rows)).songs]


@pytest.mark.parametrize(
    ("cells", "beside", "energies"),
    [
        ((1, 45, 80, 0), (), [0.01, 0.45, 0.80, 0.0]),
        ((0.5, 1, 0.25), (), [0.5, 1.0, 0.25]),
        ((1, 0, 1), (), [1.0, 0.0, 1.0]),
        ((1, 0, 1), (50, 70, 2), [0.01, 0.0, 0.01]),  # as the other column
        ((1.0, 0.5, 99.5), (33.3, 70, 2), [0.01, 0.005, 0.995]),
        ((1, 5, 3), (33, 70, 2), [0.01, 0.05, 0.03]),
        ((0.5, 55, 0.7), (0.1, 0.2, 0.3), [0.5, None, 0.7]),
        ((*[0.5] * 40, 7), (), [*[0.5] * 40, None]),
        ((*[50] * 40, 0.5, 101), (), [*[0.5] * 40, 0.005, None]),
        (("45%", "1 %", "0.5%"), (), [0.45, 0.01, 0.005]),
    ],
    ids=str,
)
def test_the_whole_column_tells_its_scale(tmp_path: Path, cells, beside, energies) -> None:
    assert column(tmp_path, *cells, beside=beside) == energies


@pytest.mark.parametrize("name", ["energy (%)", "Energy_pct", "energy percent", "ENERGY_PERCENTAGE"])
def test_a_name_tells_percent(tmp_path: Path, name: str) -> None:
    assert column(tmp_path, 1, 5, name=name) == [0.01, 0.05]


@pytest.mark.parametrize("cells", [(3,), (1, 5, 10), (0.5, 55), (20, 500, 900), (1.5, 0.5)], ids=str)
def test_a_column_of_no_clear_scale_is_named(tmp_path: Path, cells) -> None:
    with pytest.raises(InputError, match=r"column energy: its numbers may be from 0 to 1 or in percent; .* add a %"):
        column(tmp_path, *cells)


def test_many_unused_columns_are_told_in_short(tmp_path: Path) -> None:
    found = read(tmp_path, "title," + ",".join(f"c{number}" for number in range(2000)) + "\na" + "," * 2000)
    assert len(found.unused) == 2000
    assert found.notes == [
        "Columns that are not understood and not used: "
        + ", ".join(f"c{number}" for number in range(20))
        + " and 1,980 more."
    ]


def test_a_title_that_is_too_long_leaves_its_row_out(tmp_path: Path) -> None:
    found = read(tmp_path, f"title,energy\n{'x' * 501},0.5\nb,0.5\n")
    assert [song.title for song in found.songs] == ["b"]
    assert [problem.error for problem in found.problems] == [
        "has 501 characters, more than 500",
        "has no title; left out",
    ]


def test_a_file_of_useless_rows_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img2music.connectors.tables.MOST_PROBLEMS", 100)
    with pytest.raises(InputError, match="more than 100 rows and cells are of no use, the first: line 2: a quote"):
        read(tmp_path, "title,energy\n" + '"x\n' * 500)


def test_every_field_of_a_song_has_usual_names() -> None:
    assert set(NAMES) | {"row"} == {*(field.name for field in dataclasses.fields(Song)), "duration_ms", "row"}


def parquet(path: Path, columns: dict[str, list[object]]) -> Path:
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow.table(columns), path)
    return path


def test_parquet(tmp_path: Path) -> None:
    import datetime

    path = parquet(
        tmp_path / "songs",  # whatever it is called
        {
            "track_name": ["a", None, "c"],
            "artists": [["x", None, "y"], ["z"], None],
            "energy": [0.1, 0.2, float("nan")],
            "key": [12, 3, None],
            "release_date": [datetime.date(1999, 1, 2), None, None],
        },
    )
    found = read_songs(path)
    assert found.songs == [Song(row=2, title="a", artist="x; y", energy=0.1, year=1999), Song(row=4, title="c")]
    assert [str(problem) for problem in found.problems] == [
        "line 2, column key: '12' is no key (0 = C to 11 = B)",
        "line 3, column track_name: has no title; left out",
    ]


def test_a_parquet_file_cut_short_is_told(tmp_path: Path) -> None:
    path = parquet(tmp_path / "songs.parquet", {"title": [str(number) for number in range(9999)]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"songs\.parquet: is a damaged Parquet file"):
        read_songs(path)


def test_a_parquet_file_whose_names_are_no_text_is_told(tmp_path: Path) -> None:
    path = parquet(tmp_path / "songs.parquet", {"title": ["a"], "energy": [0.5]})
    path.write_bytes(path.read_bytes().replace(b"energy", b"\xff\xfe\xff\xfe\xff\xfe"))
    with pytest.raises(InputError, match=r"songs\.parquet: is a damaged Parquet file; get it anew"):
        read_songs(path)


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.delitem(__import__("sys").modules, "pyarrow.parquet", raising=False)
    with pytest.raises(MissingExtraError, match=r"img2music\[tables\]"):
        read(tmp_path, b"PAR1" + bytes(99))


titles = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=20).filter(
    lambda text: text != "NA" and not text.startswith("[")
)
units = st.none() | st.floats(0, 1)


@given(st.lists(st.tuples(titles, units, st.none() | st.integers(0, 11)), min_size=1), st.sampled_from(",;\t|"))
def test_what_is_written_is_read(tmp_path_factory, rows, delimiter) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("title", "energy", "key"), *rows])
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(text.getvalue().encode())
    found = read_songs(path)
    assert [(song.title, song.energy, song.key) for song in found.songs] == rows
    assert found.problems == []


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(tmp_path_factory, content) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for start in (b"", b"title,energy,key,year\n", b"\xff\xfet\0\n\0", b"PAR1"):
        path.write_bytes(start + content)
        try:
            found = read_songs(path)
        except InputError:
            continue
        else:
            assert all(song.title for song in found.songs)
            assert all(song.energy is None or 0 <= song.energy <= 1 for song in found.songs)
            assert all(song.key in (None, *range(12)) for song in found.songs)


@pytest.mark.slow
def test_real_tables(shared_data: Path) -> None:
    songs = shared_data / "songs"
    found = read_songs(songs / "spotify_songs.csv")
    assert (len(found.songs), found.left_out, len(found.problems)) == (32828, 5, 5)
    assert {problem.error for problem in found.problems} == {"has no title; left out"}
    assert len(read_songs(songs / "song_lyric.csv").songs) == 4096
    assert all(song.lyrics and song.duration is None for song in read_songs(songs / "song_lyric.csv").songs)
    assert len(read_songs(songs / "pmemo_x_spotify.csv").songs) == 474


def test_excels_tab_and_what_is_no_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, b"sep=\t\r\n" + TEXT.replace(",", "\t").encode()).songs == [dataclasses.replace(SONG, row=3)]
    found = read(tmp_path, b'sep="\n' + TEXT.encode())
    assert found.songs == [dataclasses.replace(SONG, row=3)]
    assert [problem.line for problem in found.problems] == [1]


def test_all_that_a_track_declares_is_read(tmp_path: Path) -> None:
    song = one(tmp_path, "record_label,Album Artist", "Verve,Various")
    assert (song.label, song.album_artist) == ("Verve", "Various")
