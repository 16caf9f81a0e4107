"""What `fuzz` reads: small valid files of every kind, made here, and the program's reader of each kind."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageCms

from benchmarks.synthetic import put, records
from tests.support.sounds import FORMATS as SOUNDS
from tests.support.sounds import encode, noise

PICTURES = 300
"""Of a film that are looked at."""


@dataclass(frozen=True)
class Reader:
    """A kind of file: how to make some, and how to read one, which gives refusals that stop nothing."""

    seeds: Callable[[Path], list[Path]]
    read: Callable[[Path], Iterator[str]]


def made(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def image_seeds(folder: Path) -> list[Path]:
    chance = np.random.default_rng(1)
    picture = Image.fromarray(chance.integers(0, 255, (40, 60, 3), dtype=np.uint8))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "A title"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    told: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    frames = [picture.rotate(turn) for turn in (30, 60)]
    moving: dict[str, Any] = {"save_all": True, "append_images": frames}
    kinds: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "photo.jpg": (picture, told),
        "progressive.jpg": (picture, {"progressive": True}),
        "cmyk.jpg": (picture.convert("CMYK"), {}),
        "several.mpo": (picture, moving),
        "photo.png": (picture, told),
        "grey16.png": (Image.fromarray(chance.integers(0, 65535, (20, 30), dtype=np.uint16)), {}),
        "palette.png": (picture.quantize(16), {"transparency": bytes(range(16))}),
        "moving.png": (picture, moving),
        "photo.webp": (picture, told),
        "lossless.webp": (picture.convert("RGBA"), {"lossless": True}),
        "moving.webp": (picture, moving),
        "photo.gif": (picture, {}),
        "moving.gif": (picture, moving),
        "photo.bmp": (picture, {}),
        "photo.tiff": (picture, {"exif": exif}),
        "lzw.tiff": (picture, {"compression": "tiff_lzw"}),
        "jpeg.tiff": (picture, {"compression": "jpeg"}),
        "deflate.tiff": (picture, {"compression": "tiff_adobe_deflate"}),
        "pages.tiff": (picture, moving),
        "float.tiff": (Image.fromarray(chance.random((20, 30), dtype=np.float32)), {}),
        "photo.jp2": (picture, {}),
        "photo.avif": (picture, told),
        "moving.avif": (picture, moving),
        "photo.ppm": (picture, {}),
    }
    folder.mkdir(parents=True)
    for name, (image, options) in kinds.items():
        # The JPEG encoder leaves its settings in an image.
        later = {"append_images": [frame.copy() for frame in frames]} if "append_images" in options else {}
        image.copy().save(folder / name, **options | later)
    text = b"zTXtComment\0\0" + zlib.compress(bytes(3 << 20))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    photo = (folder / "photo.png").read_bytes()
    (folder / "text.png").write_bytes(photo[:33] + chunk + photo[33:])
    try:
        import pillow_heif
    except ImportError:
        pass
    else:
        pillow_heif.from_pillow(picture.resize((64, 64))).save(folder / "photo.heic")
    return sorted(folder.iterdir())


def read_image(path: Path) -> Iterator[str]:
    from img2music.media.images import is_image
    from img2music.media.images import read_image as read
    from img2music.media.photo_info import read_photo_info

    is_image(path)
    read_photo_info(path)
    np.asarray(read(path, 32))
    yield from ()


def sound_seeds(folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    samples = np.repeat(noise(0.4, 48_000), 2, axis=0)
    return [encode(folder / f"song-{kind}.{SUFFIXES.get(kind, kind)}", samples, kind, 48_000) for kind in SOUNDS]


def tag_seeds(folder: Path) -> list[Path]:
    return [path for path in sound_seeds(folder) if path.suffix not in (".aac", ".webm")]


SUFFIXES = {"wav-float": "wav", "alac": "m4a"}


def read_sound(path: Path) -> Iterator[str]:
    from img2music.media.audio import open_audio, probe
    from img2music.media.packets import sound_hash
    from img2music.music.audio.analyzer import plan

    probe(path)
    with open_audio(path) as audio:
        for excerpt in audio.excerpts(plan(audio.info.duration)):
            assert np.isfinite(excerpt.samples).all()
    with open_audio(path) as audio:
        for _ in islice(audio.pieces(0.0, rate=48_000, layout="stereo"), 10_000):
            pass
    sound_hash(path)
    yield from ()


def film_seeds(folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    kinds = {
        "h264.mp4": ("libx264", "aac"),
        "h264.mkv": ("libx264", "ac3"),
        "h264.mov": ("libx264", "pcm_s16le"),
        "h264.ts": ("libx264", "mp2"),
        "vp9.webm": ("libvpx-vp9", "libopus"),
        "mpeg4.avi": ("mpeg4", "mp2"),
        "mpeg2.mpg": ("mpeg2video", "mp2"),
        "motion.mov": ("mjpeg", "aac"),
        "flash.flv": ("flv", "aac"),
        "ffv1.mkv": ("ffv1", "pcm_s16le"),
    }
    return [film(folder / name, *codecs) for name, codecs in kinds.items()]


def film(path: Path, pictures: str, sound: str) -> Path:
    chance = np.random.default_rng(2)
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream(pictures, rate=25)
        video.width, video.height = 64, 48
        video.pix_fmt = "yuvj420p" if pictures == "mjpeg" else "yuv420p"
        audio: Any = out.add_stream(sound, rate=48_000 if sound != "aac" else 44_100, layout="stereo")
        audio.codec_context.open()
        base = chance.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        for number in range(12):
            frame = av.VideoFrame.from_ndarray(np.roll(base, number, axis=1), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        context = audio.codec_context
        resampler = av.AudioResampler(context.format, "stereo", context.sample_rate, context.frame_size or 1024)
        samples = av.AudioFrame.from_ndarray(np.repeat(noise(0.48, 48_000), 2, axis=0), format="fltp", layout="stereo")
        samples.sample_rate = 48_000
        for ready in (*resampler.resample(samples), *resampler.resample(None)):
            out.mux(audio.encode(ready))
        out.mux(audio.encode(None))
    return path


def read_film(path: Path) -> Iterator[str]:
    from img2music.errors import InputError
    from img2music.media.film_writer import chapters
    from img2music.media.video import VideoFile, survey_of

    with VideoFile(path) as video:
        for picture in islice(video.frames(), PICTURES):
            picture.pixels(64, 36)
    with VideoFile(path) as video:
        chapters(video.container, video.survey.origin, 1.0)
    with VideoFile(path) as video:
        video.picture(0.2)
    try:
        survey_of(path)
        with VideoFile(path) as film:
            for _ in islice(film.sound(), 10_000):
                pass
    except InputError as error:
        yield error.reason


def read_tags(path: Path) -> Iterator[str]:
    from img2music.connectors.lyric_files import read_embedded
    from img2music.connectors.tag_writing import Moods, TagFile
    from img2music.connectors.tags import read_tags as read

    read(path)
    read_embedded(path)
    file = TagFile(str(path))
    if file.write(Moods(0.6, 0.4, "serene", 121.4, "F#m")).changed:
        file.save(str(path))
    read(path)
    file = TagFile(str(path))
    if file.remove().changed:
        file.save(str(path))
    yield from ()


def table_seeds(folder: Path) -> list[Path]:
    import pyarrow as arrow
    import pyarrow.parquet

    header = "track_id,track_name,artist(s)_name,album,genres,release_date,duration_ms,danceability_%,energy,valence,"
    header += "key,mode,loudness,tempo,lyrics"
    text = (
        header
        + "\n"
        + "".join(
            f'{number:022},Song {number},"[\'A\', ""B\'s""]",Album,pop;rock,1999-05-0{number},{200_000 + number},'
            f'{10 * number},0.{number},0.{9 - number},C#,Major,-{number}.5,12{number}.5,"one\ntwo ""three"""\n'
            for number in range(1, 9)
        )
    )
    columns = {
        "title": [f"Song {number}" for number in range(50)],
        "artists": [["A", None], ["B", "C"], None, [], ["D"]] * 10,
        "energy": [0.1, 0.9, None, 1.0, 0.5] * 10,
        "valence": [0.1, 0.9, 0.3, 1.0, 0.5] * 10,
        "key": list(range(50)),
    }
    content = io.BytesIO()
    pyarrow.parquet.write_table(arrow.table(columns), content, compression="zstd")
    plain = io.BytesIO()
    pyarrow.parquet.write_table(arrow.table(columns), plain, compression=None, use_dictionary=False)
    return made(
        folder,
        {
            "songs.csv": text.encode(),
            "songs.tsv": text.replace(",", "\t").encode("utf-16"),
            "bars.csv": b"sep=|\r\n" + text.replace(",", "|").replace("\n", "\r\n").encode("cp1252"),
            "songs.parquet": content.getvalue(),
            "plain.parquet": plain.getvalue(),
        },
    )


def read_table(path: Path) -> Iterator[str]:
    from img2music.connectors.tables import read_songs
    from img2music.library.importing import merge

    table = read_songs(path)
    merge(table.songs)
    for song in table.songs:
        assert song.title
        assert song.energy is None or 0 <= song.energy <= 1
    yield from ()


def sheet_seeds(folder: Path) -> list[Path]:
    from img2music.matching.passages import Passage
    from img2music.soundtrack.cue_sheet import Cue, CueSheet, CueTrack, FilmFile

    cues = [Cue(at, at + 10.0, CueTrack(f"/{at:.0f}.mp3"), Passage(30.0, 40.0)) for at in (0.0, 10.0)]
    sheets = {"two.json": cues, "none.json": []}
    film = FilmFile("/film.mp4", 20.0, 25.0)
    return made(folder, {name: CueSheet(film, (), tuple(each)).to_json().encode() for name, each in sheets.items()})


def read_sheet(path: Path) -> Iterator[str]:
    from img2music.soundtrack.formats import as_csv
    from img2music.soundtrack.swapping import load

    sheet = load(path)
    sheet.to_json()
    as_csv(sheet)
    yield from ()


def export_seeds(folder: Path) -> list[Path]:
    from img2music.affect import Affect
    from img2music.analysis import Features
    from img2music.library.exchange import export_library
    from img2music.library.record import SongRecord
    from img2music.library.store import LibraryStore
    from img2music.track import Tags

    folder.mkdir(parents=True)
    with LibraryStore.open(folder / "library.db", create=True) as store:
        put(store, records(5))
        features = Features(**dict.fromkeys(Features.__dataclass_fields__))
        song = SongRecord(
            "spotify:x", Tags(title="Song", artist="Artist"), 200.0, "table/1", Affect(0.5, 0.5), features
        )
        with store.writing() as transaction:
            transaction.put_songs([song])
        export_library(store, folder / "export.jsonl")
    (folder / "library.db").unlink()
    return [folder / "export.jsonl"]


def read_export(path: Path) -> Iterator[str]:
    from img2music.library.exchange import import_library
    from img2music.library.store import LibraryStore

    with LibraryStore.open(path.with_name("library.db"), create=True) as store:
        for error in import_library(store, path).errors:
            yield error.reason
        for _ in store.tracks():
            pass
        assert store.faults() == []


def word_seeds(folder: Path) -> list[Path]:
    files = {
        "nrc1.txt": b"\xef\xbb\xbfword    valence    arousal    domain\r\nglow    0.750    0.5    0.1\r\n",
        "nrc2.txt": b"term\tvalence\tarousal\tdominance\nglow\t0.5\t0\t0.1\nalarm clock\t-0.5\t1.0\t0.2\n",
        "glasgow.csv": b"Words,Length,AROU,,,VAL,,\n,,M,SD,N,M,SD,N\nglow,4,5,1.2,3,7,1.1,3\nbank (a),4,9,1,3,3,1,3\n",
        "warriner.csv": b",Word,V.Mean.Sum,V.SD.Sum,A.Mean.Sum,A.SD.Sum\n1,glow,7,1.1,5,1.2\n2,alarm clock,3,1,9,1\n",
    }
    files["ratings.csv"] = b"file,valence,arousal,scale\na.jpg,4,7,1-7\nb.jpg,-1,0,-1-1\n"
    files["words.lrc"] = b"[ti:Song]\n[00:01.00]One <00:02.00>two\n[00:03.50][00:05.00]three\n"
    files["words.txt"] = "Une chanson d'été\n\n좋은 날\n".encode("utf-16")
    files["settings.toml"] = b'[musixmatch]\nkey = "abc"\n[lrclib]\nurl = "https://example.org"\n'
    return made(folder, files)


def read_words(path: Path) -> Iterator[str]:
    from img2music.connectors import settings
    from img2music.connectors.lyric_files import read_beside
    from img2music.errors import Img2MusicError
    from img2music.research.images.datasets import load
    from img2music.research.match.evaluating import read_files
    from img2music.research.text.lexicon import Lexicon

    readers: list[Callable[[], object]] = [
        lambda: read_beside(path.with_suffix(".mp3")),
        lambda: read_files(path),
        lambda: Lexicon.load(path),
        lambda: load(path),
        lambda: settings._table(path, "musixmatch"),
    ]
    for reader in readers:
        try:
            reader()
        except Img2MusicError as error:
            yield str(error).replace(str(path), "")


READERS = {
    "images": Reader(image_seeds, read_image),
    "sound": Reader(sound_seeds, read_sound),
    "films": Reader(film_seeds, read_film),
    "tags": Reader(tag_seeds, read_tags),
    "tables": Reader(table_seeds, read_table),
    "sheets": Reader(sheet_seeds, read_sheet),
    "exports": Reader(export_seeds, read_export),
    "words": Reader(word_seeds, read_words),
}
