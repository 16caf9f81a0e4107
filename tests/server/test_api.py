"""Every route against its own description, with what is right, wrong and odd by it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from img2music import Library
from img2music.server import events, guard
from img2music.server.app import create_app
from tests.conftest import Locations
from tests.support.projects import keep_project
from tests.support.songs import library, record, song
from tests.support.sounds import chords, encode
from tests.support.soundtracks import Track, film

pytestmark = pytest.mark.slow

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


HEADERS = {"Host": "localhost", "X-Img2music": "1"}


def test_every_answer_is_as_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Locations) -> None:
    monkeypatch.setattr(guard, "SLOW", 0.0)
    monkeypatch.setattr(events, "LASTS", 0.01)
    tune = encode(tmp_path / "tune.flac", chords([(60, 64, 67)], 2.5), "flac", 16_000)
    records = [record(str(tune), 0.3, 0.4, duration=2.0), record("/gone", 0.6, 0.6)]
    library(at(tmp_path / "library.db"), records, [song("a:b", 0.5, 0.5)]).close()
    with Library.open(at(tmp_path / "library.db")) as opened:
        path = film(tmp_path / "film.mp4", 2.0, Track(np.zeros((2, 48_000), dtype=np.float32), codec="aac"))
        keep_project(opened, path, [opened[1]], {})
        app = create_app(opened, cache=tmp_path / "cache", films=[str(tmp_path)])
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HEADERS)
        operations = [each.ok() for each in schema.get_all_operations()]
        assert len(operations) >= 60
        for operation in operations:
            for mode in GenerationMode:

                @seed(14)
                @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
                @given(operation.as_strategy(generation_mode=mode))
                def answered(case: Any) -> None:
                    case.call_and_validate(headers=HEADERS, checks=CHECKS)

                with suppress(Unsatisfiable):  # where nothing is sent that could be wrong
                    answered()
