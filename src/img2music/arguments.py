"""Values of the types that public signatures and option dataclasses say; others are refused in one line."""

import collections.abc
import functools
import inspect
import os
import types
import typing
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

from img2music.errors import UsageError, printable

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

_NUMBERS: dict[Any, type] = {int: Integral, float: Real}  # also numpy's
_WORDS = {
    str: "text",
    os.PathLike: "a path",
    bool: "True or False",
    Integral: "a whole number",
    Real: "a number",
    collections.abc.Callable: "a function",
    collections.abc.Sequence: "a sequence",
    collections.abc.Mapping: "a mapping",
}
SHOWN = 60
"""Letters of a wrong value that its message shows."""


def checked(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Refuse arguments that are not of the types which the signature says; types in quotes are not checked.

    ``progress=None`` means what is said where it is left out.
    """
    signature = inspect.signature(function)
    params = signature.parameters

    @functools.wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        if kwargs.get("progress", ...) is None:
            del kwargs["progress"]
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # whose own words name the call
        for name, value in given.items():
            kind = params[name].kind
            if kind is not inspect.Parameter.VAR_KEYWORD:
                for each in value if kind is inspect.Parameter.VAR_POSITIONAL else (value,):
                    require_kind(name, each, params[name].annotation)
        return function(*args, **kwargs)

    return call


def require_kind(name: str, value: object, hint: Any) -> None:
    """Refuse a value that is none of a type's; of a sequence of paths, a single one is as good."""
    if type(value) is hint:  # as a rule, and some hundred times a question
        return
    kinds = kinds_of(hint)
    if not kinds or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
        inner = typing.get_args(hint)
        if typing.get_origin(hint) is collections.abc.Sequence and not isinstance(value, str | os.PathLike):
            for each in typing.cast(collections.abc.Sequence[object], value):
                require_kind(name, each, inner[0])
        return
    if collections.abc.Sequence in kinds and isinstance(value, os.PathLike):
        return
    words = dict.fromkeys(_WORDS.get(kind, f"a {kind.__name__}") for kind in kinds if kind is not types.NoneType)
    raise UsageError(f"`{name}` must be {' or '.join(words)}, not {printable(repr(value))[:SHOWN]}.")


@functools.cache
def kinds_of(hint: Any) -> tuple[type, ...]:
    """What a value of a type is an instance of; nothing where that is not known."""
    if isinstance(hint, types.UnionType):
        return tuple(kind for part in typing.get_args(hint) for kind in kinds_of(part))
    kind = typing.get_origin(hint) or hint
    return (_NUMBERS.get(kind, kind),) if isinstance(kind, type) and kind is not inspect.Parameter.empty else ()
