"""The one error tree: every failure that a user can cause or mend.

A message says what went wrong, where, and what to do next, in one line. The command line prints it
and exits; a traceback is a bug.
"""


class Img2MusicError(Exception):
    """Base of every error that img2music raises on purpose."""


class InputError(Img2MusicError):
    """A file or value that was given can't be used; the rest of a batch goes on.

    Parameters
    ----------
    message : str
        What is wrong and what to do about it, without the path.
    path : str, optional
        The file it is about.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path

    def __str__(self) -> str:
        message = super().__str__()
        return message if self.path is None else f"{printable(self.path)}: {message}"

    @property
    def reason(self) -> str:
        """The message without the path."""
        return super().__str__()

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str | None]]:
        return type(self), (self.reason, self.path)


class UsageError(Img2MusicError):
    """Options that contradict each other or make no sense."""


class LibraryError(Img2MusicError):
    """The library can't be opened, read or written."""


class ModelError(Img2MusicError):
    """A model file is missing, damaged or of another kind."""


class SourceError(Img2MusicError):
    """A web service can't be reached, refuses, or answers what can't be used.

    Parameters
    ----------
    message : str
        What is wrong and what to do about it; names the service, and holds no key.
    status : int, optional
        HTTP status of its answer, if there was one.
    final : bool, default False
        Whether the next request would fare no better (no connection, a wrong key, a used up quota).
    """

    def __init__(self, message: str, *, status: int | None = None, final: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.final = final


def reason_of(error: BaseException, otherwise: str = "the file is damaged") -> str:
    """Why a library failed, as the system or libav says it; the words of other libraries are for programmers.

    Parameters
    ----------
    error : BaseException
    otherwise : str
        What to say where neither says anything.

    Returns
    -------
    str
        Without a full stop.
    """
    cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
    return getattr(cause, "strerror", None) or otherwise


def unexpected(error: Exception, path: str) -> InputError:
    """Make the fault of one file of an exception that nobody foresaw, so that the rest of the batch goes on.

    Parameters
    ----------
    error : Exception
        What a decoder or a model raised.
    path : str
        The file.

    Returns
    -------
    InputError
    """
    if isinstance(error, MemoryError) or "alloc" in str(error):  # ONNX Runtime has no exception of its own for it
        return InputError("memory ran out; close other programs, or use fewer processes (scan --jobs 1).", path)
    said = " ".join(str(error).split())
    return InputError(f"unexpected {type(error).__name__}: {said}; the file may be damaged. Please report this.", path)


class MissingExtraError(Img2MusicError):
    """An optional dependency is needed and is not installed.

    Parameters
    ----------
    purpose : str
        What it is needed for, as the start of a sentence ("Reading HEIC photos").
    extra : str
        Name of the extra that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an extra: pip install 'img2music[{extra}]'")
        self.purpose = purpose
        self.extra = extra

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str]]:
        return type(self), (self.purpose, self.extra)


def shown(text: str) -> str:
    """Quote what somebody wrote for a message, cut to a few words."""
    return repr(printable(text[:30])) + ("..." if len(text) > 30 else "")


def printable(text: str) -> str:
    """Make a path or a tag safe to print on one line of any terminal.

    Parameters
    ----------
    text : str
        Any text, also with surrogates (a file name that is not UTF-8) or control characters.

    Returns
    -------
    str
        The text with control characters and surrogates as backslash escapes.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii") for char in text
    )
