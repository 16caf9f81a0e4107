"""Results as tables for a terminal: columns, and rows of words."""

from img2music.soundtrack.cue_sheet import CueSheet, clock

CUES = (">#", "film", "song, and why", ">passage", ">distance")
PHOTOS = (">photo", "film", "file")
SCENES = (">scene", "film", "mood", ">valence", ">arousal", ">shots")


def cue_rows(sheet: CueSheet) -> list[list[str]]:
    """Rows of a cue: where, what, why, and its runners-up."""
    found = []
    for number, cue in enumerate(sheet.cues, start=1):
        passage = f"{clock(cue.passage.start)}-{clock(cue.passage.end)}"
        distance = "" if cue.distance is None else f"{cue.distance:.2f}"
        found.append([str(number), f"{clock(cue.start)}-{clock(cue.end)}", cue.track.label, passage, distance])
        found.append(["", "", f"  {cue.why}", "", ""])
        if cue.alternatives:
            others = ", ".join(
                f"{each.track.label} ({each.distance:.2f}{'' if each.note is None else f', but {each.note}'})"
                for each in cue.alternatives
            )
            found.append(["", "", f"  or: {others}", "", ""])
    return found


def photo_rows(sheet: CueSheet) -> list[list[str]]:
    """A row for each photo of a slideshow: its number, when it is seen, its file."""
    if sheet.slideshow is None:
        return []
    photos = sheet.slideshow.photos
    ends = [*(photo.start for photo in photos[1:]), sheet.film.duration]
    return [
        [str(number), f"{clock(photo.start)}-{clock(end)}", photo.path]
        for number, (photo, end) in enumerate(zip(photos, ends, strict=True), start=1)
    ]


def scene_rows(sheet: CueSheet) -> list[list[str]]:
    """A row a scene: its number, when, its mood, how many shots."""
    return [
        [
            str(number),
            f"{clock(scene.start)}-{clock(scene.end)}",
            scene.affect.word,
            f"{scene.affect.valence:.2f}",
            f"{scene.affect.arousal:.2f}",
            str(len(scene.shots)),
        ]
        for number, scene in enumerate(sheet.scenes, start=1)
    ]
