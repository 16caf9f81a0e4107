"""Tables of songs that make trouble, as bytes, and what must become of them."""

import random
from dataclasses import dataclass

HEADER = "title,artist,valence,energy,key,tempo,duration_ms"
A = "Joga,Bjork,0.3,0.6,3,80.1,305000"
B = "Air,Bach,0.6,0.1,2,60,280000"


@dataclass(frozen=True)
class BadTable:
    """A table that makes trouble.

    Attributes
    ----------
    content : bytes
    titles : list of str
        Songs that are imported all the same.
    says : str
        What stderr must hold (a regular expression); empty if nothing may be said.
    """

    content: bytes
    titles: list[str]
    says: str = ""


def text(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode(encoding)


BOTH = ["Air", "Joga"]

TABLES = {
    # read as they are
    "utf8-bom.csv": BadTable(text(A, B, encoding="utf-8-sig"), BOTH),
    "utf16.csv": BadTable(text(A, B, encoding="utf-16"), BOTH),
    "cp1252.csv": BadTable(text(A.replace("Joga", "Jóga"), encoding="cp1252"), ["Jóga"]),
    "decimal-commas.csv": BadTable(text(A, B).replace(b",", b";").replace(b".", b","), BOTH),
    "really-tabs.csv": BadTable(text(A, B).replace(b",", b"\t"), BOTH),
    "empty-rows.csv": BadTable(text("", A, ",,,,,,", "", B, ",,,,,,"), BOTH),
    "duplicates.csv": BadTable(text(A, B, A, A), BOTH),
    "named-columns.tsv": BadTable(
        text(A, header="Track Name,Artist Name(s),Valence,Energy,Key,Tempo,Duration (ms)").replace(b",", b"\t"),
        ["Joga"],
    ),
    # one cell is wrong, its song is there
    "text-in-numbers.csv": BadTable(
        text(A, "Air,Bach,0.6,0.1,two,60,1"), BOTH, r"line 3, column key: 'two' is no number"
    ),
    "huge-number.csv": BadTable(
        text(A, "Air,Bach,0.6,0.1,2,1e308,1"), BOTH, r"line 3, column tempo: '1e308' is no tempo"
    ),
    "negative-tempo.csv": BadTable(
        text(A, "Air,Bach,0.6,0.1,2,-60,1"), BOTH, r"line 3, column tempo: '-60' is no tempo"
    ),
    "long-album.csv": BadTable(
        text(f"Air,{'x' * 9999},0.6,0.1,2,60,1"), ["Air"], r"line 2, column artist: has 9,999 characters, more than 500"
    ),
    "zero-bytes.csv": BadTable(text(A, "Air,Bach,0.6,0.1,\0,60,1"), BOTH, r"line 3, column key: '.*' is no number"),
    "two-columns-of-one-name.csv": BadTable(
        text(A + ",1", header=HEADER + ",key"), ["Joga"], r"line 1, column key: is there 2 times; the first counts"
    ),
    # one row is wrong, the others are there
    "valence-3.csv": BadTable(
        text(A, "Air,Bach,3,0.1,2,60,1"), ["Joga"], r"line 3, column valence: '3' is not between 0 and 1"
    ),
    "nan.csv": BadTable(text(A, "Air,Bach,NaN,0.1,2,60,1"), ["Joga"], r"column valence: 'NaN' is no finite number"),
    "no-energy-in-a-row.csv": BadTable(text(A, "Air,Bach,0.6,,2,60,1"), ["Joga"], r"line 3: has no energy; left out"),
    "no-title-in-a-row.csv": BadTable(text(",Bach,0.6,0.1,2,60,1", A), ["Joga"], r"line 2, column title: has no title"),
    "two-headers.csv": BadTable(text(HEADER, A, B), BOTH, r"line 2: is the header once more; left out"),
    "units-below-the-header.csv": BadTable(
        text("text,text,0 to 1,0 to 1,0 to 11,BPM,ms", A, B), BOTH, r"line 2: no cell that should hold a number does"
    ),
    "title-above-the-header.csv": BadTable(b"My songs;;;\n\n" + text(A, B), BOTH, r"line 1: is above the header"),
    "comma-not-quoted.csv": BadTable(
        text("Hello, Goodbye,Beatles,0.6,0.1,2,60,1", A), ["Joga"], r"line 2: has 8 cells, the header has 7 \(a comma"
    ),
    "ragged.csv": BadTable(text(A, "Air,Bach", B), BOTH, r"line 3: has 2 cells, the header has 7; left out"),
    "quote-not-closed.csv": BadTable(
        text('"Hello,Beatles,0.6,0.1,2,60,1', A, B), BOTH, r"line 2: a quote is not closed"
    ),
    "huge-cell.csv": BadTable(text(f'"{"x" * 999_999}",,,,,,', A, B), BOTH, r"line 2: a cell is longer than 131,072"),
    "endless-line.csv": BadTable(text(A) + b"x" * 9_000_000 + b"\n" + B.encode(), BOTH, r"line 3: a cell is longer"),
    # nothing is there
    "empty.csv": BadTable(b"", [], r"is empty"),
    "header-only.csv": BadTable(text(), [], r"has a header, and no song below it"),
    "no-titles.csv": BadTable(
        text("1,2", header="a,b"), [], r"line 1: there is no column of titles.*--map title=COLUMN"
    ),
    "no-energy.csv": BadTable(text("Air,0.5", header="title,valence"), [], r"no column energy.*--map energy=COLUMN"),
    "only-bad-rows.csv": BadTable(text("Air", "x"), [], r"line 2: has 1 cells"),
    "noise.csv": BadTable(random.Random(5).randbytes(9999), [], r"is no text|is compressed|spreadsheet"),
    "compressed.csv.gz": BadTable(b"\x1f\x8b\x08" + bytes(99), [], r"is compressed; unpack it first"),
    "parquet-that-is-none.parquet": BadTable(b"PAR1" + bytes(99), [], r"is a damaged Parquet file"),
}
