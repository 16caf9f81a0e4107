"""Which file is written by what."""

from collections.abc import Callable

from img2music.soundtrack.cue_sheet import CueSheet
from img2music.soundtrack.timelines.chapters import as_ffmetadata, as_text, as_webvtt


def write(form: str, sheet: CueSheet) -> bytes:
    """Write a cue sheet as a timeline or as chapters."""
    chapters: dict[str, Callable[[CueSheet], bytes]] = {
        "txt": as_text,
        "vtt": as_webvtt,
        "ffmetadata": as_ffmetadata,
    }
    if form in chapters:
        return chapters[form](sheet)
    require_timelines(form)
    from img2music.soundtrack.timelines.edl import as_edl
    from img2music.soundtrack.timelines.final_cut import as_fcpxml
    from img2music.soundtrack.timelines.final_cut_7 import as_xml
    from img2music.soundtrack.timelines.otio import as_otio

    return {"otio": as_otio, "xml": as_xml, "fcpxml": as_fcpxml, "edl": as_edl}[form](sheet)


def require_timelines(form: str) -> None:
    """Refuse early what could not be written."""
    from importlib.util import find_spec

    from img2music.errors import MissingExtraError

    needed = {"otio": "opentimelineio", "fcpxml": "opentimelineio", "edl": "opentimelineio", "xml": "otio_fcp_adapter"}
    if form in needed and find_spec(needed[form]) is None:
        raise MissingExtraError("Writing timelines", "soundtrack")
