"""What is said of songs, playlists and servers: a code and what it is about, which each interface words for itself.

The English of it is here, as the command line prints it and as JSON has it beside the code.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

WORDS = {
    # Why a song of a server is a track, or is not.
    "same-file": "the same size and name",
    "same-recording": "the same recording by its MusicBrainz id",
    "same-path": "the same path below another root",
    "same-tags": "the same title, artist and length",
    "of-server": "it is this song of the server",
    "by-hand": "a person said so",
    "other-length": "another length",
    "other-title": "another title",
    "other-title-by-script": "another title, by its script",
    "other-artist": "another artist",
    "other-version": "another version ({})",
    "other-recording": "another recording by its MusicBrainz id",
    "no-title": "one has no title",
    "no-artist": "one has no artist",
    "other-scripts": "the names are in other scripts",
    "no-length": "no length to compare",
    "lengths-differ": "lengths differ by {} seconds",
    "artist-spelling": "the artist is spelt otherwise",
    "title-spelling": "the title is spelt otherwise",
    "version-on-one-side": "which version it is is told on one side only",
    "other-album": "on another album, and lengths differ by {} seconds",
    "other-year": "of another year, and lengths differ by {} seconds",
    "no-year": "of no year that is told, and lengths differ by {} seconds",
    "other-number": "another number on the album",
    "several": "several tracks fit as well, and they are not the same recording",
    "nearest": "what is most like it is another song",
    "nothing-like-it": "nothing in the library is like it",
    "rather": "another song of the server is rather #{}",
    "not-at-server": "the server has nothing like it",
    "one-song": "the server has one song for it and #{}",
    "unlisted": "the server lists it nowhere else",
    "once-more": "it is #{} once more, and a playlist here holds a song once",
    "never": "{} never wants it",
    # What a person should know of a playlist on its way.
    "nothing-to-send": "{1} has no song of the playlist {0}, so nothing is written there.",
    "no-songs": "The playlist {} has no songs, so nothing is written there.",
    "nothing-to-take": "The library has no song of the playlist {0} of {1}, so nothing is stored.",
    "made-anew": "The playlist was deleted at {}; it is made anew.",
    "made-there": "The playlist {0} of {1} was made there, not by img2music.",
    "changed-there": "The playlist {0} was changed at {1} since it was written: songs added: {2}, removed: {3}.",
    "reordered-there": (
        "The playlist {0} was changed at {1} since it was written: its songs were put into another order."
    ),
    "overwritten": "That is overwritten.",
    "changed-here": "The playlist {} was changed here since both were last the same, and not there.",
    "changed-on-both-sides": "The playlist {} was changed here since both were last the same, and there, too.",
    "overwritten-here": "What was done here is overwritten.",
    "not-ours": "{1} has a playlist {0} that this library did not make.",
    "name-taken": "The library has a playlist {0} that is not the one of {1}.",
    "renamed-on-both-sides": "It was renamed here and, to {0}, at {1}; the new name here holds.",
    "keeps-name-there": "It was renamed at {1}, to {0}, and keeps that name there.",
    "keeps-name-as-renamed": "It was renamed at {1}, to {0}; it keeps its name here, since it was renamed here, too.",
    "keeps-name-as-taken": "It was renamed at {1}, to {0}; it keeps its name here, since that name is taken here.",
    "renamed-here-too": "It was renamed at {1}, to {0}, and so it is here.",
    "stored-without": "{0} stored {1} of {2} songs, without {3}: look there for why.",
    "stored-without-more": "{0} stored {1} of {2} songs, without {3} and {4} more: look there for why.",
    "stored-more": "{0} stored {1} songs more than what was sent.",
    "stored-in-another-order": "{} stored in another order what was sent.",
    "too-many-songs": "The playlist {0} of {1} has {2} songs; one of the library holds at most {3}.",
    "no-such-playlist": "{1} has no playlist {0}.",
    "deleted-there": "It was deleted at {}.",
    "not-there": "It is not at {}.",
    "renamed-there": "It was renamed at {1}, to {0}.",
    "in-another-order": "Both hold the same songs, in another order.",
    # What is to be said of a login.
    "no-connection": "{} is not connected.",
    "secret-of-environment": "The secret of {0} is set by {1}: connect it there.",
    "socket": "A socket of this machine is connected by its command line: give a host and a port.",
    "unencrypted": "It takes no tokens: the password itself goes over the network, and unencrypted.",
    "token-kept": "The password was changed into a token, which is kept: unset {}, which goes first.",
    "no-address": "An address is like https://music.example.org, http://192.168.1.5:4533 or mpd://host:6600.",
    "secret-in-address": "An address holds no user, password or query; the password is asked for.",
    "unknown-kind": "{0} is none of {1}, as far as can be told.",
    "address-of-mpd": "The address of MPD is like mpd://host:6600, of all others like https://host.",
    "no-users": "{0} has no users here: leave out the `user`, and give the {1}.",
    "needs-secret": "{0} needs the {1}.",
    "would-be-read": (
        "{0} is beyond your own network, and {1}:// would send your password there for all to read: give its https:// "
        "address."
    ),
    # What is wrong with a server that is asked.
    "server-away": "{} can't be reached.",
    "server-slow": "{} does not answer in time.",
    "server-refuses": "{} refuses the login, or what is asked of it.",
    "server-fails": "{} can't answer.",
    "as-said": "{}",
}
"""What each remark says, with what it is about."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark, by its code."""

    code: str
    """What is said, such as "lengths-differ"."""
    values: tuple[str, ...] = ()
    """What it is about, in the order of its English words: names, numbers."""

    def __str__(self) -> str:
        return WORDS[self.code].format(*self.values)


def remark(code: str, *values: object) -> Remark:
    """Make a remark."""
    return Remark(code, tuple(map(str, values)))


def worded(remarks: Iterable[Remark]) -> str:
    """Say remarks in one line of English."""
    return "; ".join(map(str, remarks))


def stored(remarks: Iterable[Remark]) -> str:
    """Write remarks for a database."""
    return json.dumps([[each.code, *each.values] for each in remarks], ensure_ascii=False)


def read(text: str | None) -> tuple[Remark, ...]:
    """Read remarks from a database; words that an earlier version wrote there are one."""
    if not text:
        return ()
    if not text.startswith("[["):
        return (Remark("as-said", (text,)),)
    return tuple(Remark(code, tuple(values)) for code, *values in json.loads(text) if code in WORDS)
