"""Navidrome, as far as it finds songs by the rules of a smart playlist, after its source."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("album", "year", "bpm", "duration")
ROLES = ("artist",)
AXES = ("img2music_valence", "img2music_arousal")
TAGS = (*AXES, "mood", "genre", "recordlabel")


def selected(songs: Sequence[Mapping[str, Any]], written: bytes, *, numeric: bool = False) -> list[int]:
    """Which songs Navidrome would find, best first, as far as its rules tell.

    After `persistence/criteria_sql.go`: columns are compared as they are; a tag fits if one of its values does, cast to
    a number only if its type says so; ranges of tags are refused, and so are fields that nobody has declared.
    """
    document = json.loads(written)
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE media_file (id INTEGER, album, year INTEGER, bpm INTEGER, duration REAL, more)")
        for number, song in enumerate(songs):
            tags = {name: [{"id": "x", "value": value} for value in _values(song.get(name))] for name in TAGS}
            roles = {name: [{"name": value} for value in _values(song.get(name))] for name in ROLES}
            own = [song.get(name, 0) for name in COLUMNS]
            base.execute("INSERT INTO media_file VALUES (?, ?, ?, ?, ?, ?)", [number, *own, json.dumps(tags | roles)])
        condition, arguments = asked({"all": document["all"]}, numeric=numeric)
        found = base.execute(f"SELECT id FROM media_file WHERE {condition} ORDER BY id", arguments)
        return [number for (number,) in found]


def _values(value: Any) -> list[str]:
    return [] if value is None else [value]


def asked(rule: Mapping[str, Any], *, numeric: bool) -> tuple[str, list[Any]]:
    ((operator, body),) = rule.items()
    if operator in ("all", "any"):
        parts = [asked(each, numeric=numeric) for each in body]
        joined = (" AND " if operator == "all" else " OR ").join(condition for condition, _ in parts)
        return f"({joined})", [argument for _, arguments in parts for argument in arguments]
    ((field, value),) = body.items()
    tag, role = field in TAGS, field in ROLES
    assert tag or role or field in COLUMNS
    assert operator != "inTheRange" or not (tag or role)
    cast = numeric and field in AXES
    name = field if not (tag or role) else "CAST(value AS REAL)" if cast else "value"
    conditions = {
        "is": (f"{name} = ?", [value]),
        "gt": (f"{name} > ?", [value]),
        "lt": (f"{name} < ?", [value]),
        "contains": (f"{name} LIKE ?", [f"%{value}%"]),
        "notContains": (f"{name} LIKE ?", [f"%{value}%"]),
        "inTheRange": (f"({name} >= ? AND {name} <= ?)", value),
    }
    condition, arguments = conditions[operator]
    if tag or role:
        key = "value" if tag else "name"
        condition = condition if tag else condition.replace("value", "atom")
        condition = f"exists (select 1 from json_tree(more, '$.{field}') where key='{key}' and {condition})"
    return (f"not {condition}" if operator == "notContains" else condition), arguments
