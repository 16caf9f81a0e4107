"""The one error tree: every failure that a user can cause or mend.

A message says what went wrong, where, and what to do next, in one line. The command line prints it
and exits; a traceback is a bug.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from img2music.remarks import Remark


class Img2MusicError(Exception):
    """Base of every error that img2music raises on purpose."""

    def __init__(
        self, what: str, path: str | None = None, *, remedy: str | None = None, remark: Remark | None = None
    ) -> None:
        super().__init__(what, path, remedy)
        self.what = what
        """What is wrong, as one line. A setting is named as in Python, in backquotes; who shows the error to a person
        may word it otherwise (`worded`)."""
        self.path = path
        """The file that it is about."""
        self.remedy = remedy
        """What to do next, as one line, where ``what`` does not say it."""
        self.remark = remark
        """The same for interfaces that have words of their own, where that is foreseen."""

    @property
    def reason(self) -> str:
        """What is wrong and what to do next, without the path."""
        return self.what if self.remedy is None else f"{self.what} {self.remedy}"

    def __str__(self) -> str:
        return self.reason if self.path is None else f"{printable(self.path)}: {self.reason}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:  # made again in another process without what a subclass asks for
        return Exception.__new__, (type(self), *self.args), self.__dict__

    def worded(self, name: Callable[[str], str]) -> str:
        """Word the error with other names of settings: what stands in backquotes, such as ``"jobs=1"``."""
        return SETTING.sub(lambda found: name(found[1]), str(self))


SETTING = re.compile("`([a-z_]+(?:=[^`]*)?)`")
"""A setting in the text of an error, as Python writes it."""


class InputError(Img2MusicError):
    """A file or value that was given can't be used; the rest of a batch goes on."""


class AwayError(InputError):
    """What was given can't be told now, and may be there all the same: a service that does not answer."""


class UsageError(Img2MusicError, ValueError):
    """Options that contradict each other or make no sense."""


class NothingLeftError(UsageError):
    """Conditions that no song of the library meets."""


class ConflictError(UsageError):
    """What is there by now stands against it: a name that is taken, or something that was changed elsewhere."""


class LibraryError(Img2MusicError):
    """The library can't be opened, read or written."""


class ClusterError(Img2MusicError):
    """The Ray cluster can't be reached, or can't be used as it is."""


class ModelError(Img2MusicError):
    """A model file is missing, damaged or of another kind."""


class Cancelled(Img2MusicError):  # noqa: N818 - no error of anyone
    """Whoever watched over long work has ended it; what was finished is kept."""

    def __init__(self) -> None:
        super().__init__("cancelled; what was finished is kept.")


class SourceError(Img2MusicError):
    """A web service can't be reached, refuses, or answers what can't be used.

    ``what`` names the service, and holds no key; ``status`` is the HTTP status of its answer, if there was one;
    ``final`` tells that the next request would fare no better (no connection, a wrong key, a used up quota).
    """

    def __init__(
        self, what: str, *, status: int | None = None, final: bool = False, remark: Remark | None = None
    ) -> None:
        super().__init__(what, remark=remark)
        self.status = status
        self.final = final


class MissingExtraError(Img2MusicError):
    """What a purpose ("Reading HEIC photos") needs is not installed; an extra brings it."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an extra: pip install 'img2music[{extra}]'")
        self.purpose = purpose
        self.extra = extra


@contextlib.contextmanager
def require_extra(purpose: str, name: str) -> Iterator[None]:
    """Say which extra brings what can't be imported within."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(purpose, name) from error


def reason_of(error: BaseException, otherwise: str = "the file is damaged") -> str:
    """Why a library failed, as the system or libav says it; the words of other libraries are for programmers."""
    cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
    return getattr(cause, "strerror", None) or otherwise


def is_lack_of_memory(error: Exception) -> bool:
    """Whether memory ran out, of which ONNX Runtime has no exception of its own."""
    return isinstance(error, MemoryError) or "alloc" in str(error)


def unexpected(error: Exception, path: str) -> InputError:
    """Make the fault of one file of an exception that nobody foresaw, so that the rest of the batch goes on."""
    if is_lack_of_memory(error):
        return InputError("memory ran out;", path, remedy="close other programs, or use fewer processes (`jobs=1`).")
    said = " ".join(str(error).split())
    return InputError(f"unexpected {type(error).__name__}: {said}; the file may be damaged. Please report this.", path)


def shown(text: str) -> str:
    """Quote what somebody wrote for a message, cut to a few words."""
    return repr(printable(text[:30])) + ("..." if len(text) > 30 else "")


def counted(number: int, what: str) -> str:
    """Say how many there are of something."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Make a path or a tag safe to print on one line of any terminal: control characters and surrogates escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii") for char in text
    )
