"""Commands of click whose options come from option dataclasses, and the options that several commands share."""

import dataclasses
import functools
import pkgutil
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from img2music.errors import SETTING, Img2MusicError, printable
from img2music.filters import TrackFilter
from img2music.options import RecommendOptions, kinds_of

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Function], Function]


class Told(click.ClickException):
    """An error in the words of the command."""

    exit_code = 2


class Interrupted(click.ClickException):
    """The person has ended the command."""

    exit_code = 130  # 128 + SIGINT, as shells have it

    def __init__(self) -> None:
        super().__init__("interrupted; what was finished is kept. Run it again to go on.")


class Command(click.Command):
    """A command whose options are given once, but for those that collect; click would let the last one win."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse an option that is given again."""
        if not ctx.resilient_parsing:
            for param, count in Counter(self.make_parser(ctx).parse_args(args=list(args))[2]).items():
                if isinstance(param, click.Option) and count > 1 and not param.multiple:
                    ctx.fail(f"{'/'.join([*param.opts, *param.secondary_opts])} can be given only once.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; an error names settings as options from here on."""
        try:
            return super().invoke(ctx)
        except Img2MusicError as error:
            raise Told(worded(error)) from error
        except KeyboardInterrupt:  # before click, which would print an empty line
            raise Interrupted from None

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the arguments above the options; click does so from 8.5 on, in other words."""
        arguments = [param for param in self.params if isinstance(param, Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(str(each.metavar), each.help) for each in arguments])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options; before them the arguments, which click does not list before 8.5."""
        if not hasattr(click.Command, "format_arguments"):
            self.format_arguments(ctx, formatter)
        super().format_options(ctx, formatter)


class Argument(click.Argument):
    """An argument with help."""

    def __init__(self, *args: Any, help: str, metavar: str, **rest: Any) -> None:  # noqa: A002
        super().__init__(*args, metavar=metavar, **rest)
        self.help = f"{help}  [required]" if self.required else help


class Choice(click.Choice):
    """A choice among the members of an enum, which the command gets."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([str(member) for member in kind])
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the member."""
        return self.kind(super().convert(value, param, ctx))


class FormatChoice(click.Choice):
    """A choice among a table for the terminal and the formats of a registry, which is imported when it is looked at."""

    def __init__(self, registry: str) -> None:
        super().__init__([])
        self.registry = registry
        del self.choices

    @functools.cached_property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]
        """By name."""
        return ("table", *pkgutil.resolve_name(self.registry))


command = functools.partial(click.command, cls=Command)
argument = functools.partial(click.argument, cls=Argument)
option = functools.partial(click.option, show_default=True)


def worded(message: object) -> str:
    """Word a message for the command that runs: what it calls `` `jobs=1` `` is ``--jobs 1``."""
    context = click.get_current_context(silent=True)
    flags = {} if context is None else _flags(context.command)

    def flag(setting: str) -> str:
        name, _, value = setting.partition("=")
        spelt = name.replace("_", "-")
        yes, no = flags.get(name, (f"--{spelt}", f"--no-{spelt}"))  # maybe of another command
        if value in ("True", "False"):
            return yes if value == "True" else no
        return f"{yes} {value}".rstrip()

    return SETTING.sub(lambda found: flag(found[1]), str(message))


def _flags(of: click.Command) -> dict[str, tuple[str, str]]:
    """Flags of a command by the settings that they are: that for yes (or a value), and that for no."""
    found = {}
    for param in of.params:
        if isinstance(param, click.Option) and param.name is not None:
            found[param.name.rstrip("_")] = (param.opts[0], (param.secondary_opts or [f"no {param.opts[0]}"])[0])
    return found


def options_of(
    kind: type,
    *,
    name: str = "options",
    without: tuple[str, ...] = (),
    filters: Mapping[str, Any] | None = None,
) -> Decorator[Any]:
    """Give a command the options of a dataclass; it gets one of those by this name.

    ``filters`` are those of its `TrackFilter`, as `filter_options` makes them.
    """
    fields = [field for field in dataclasses.fields(kind) if "help" in field.metadata and field.name not in without]
    fields.sort(key=lambda field: field.name not in kind.__annotations__)  # what it shares with others comes last
    flags = {field.name: _flag(field) for field in fields}
    declared = {field.name: _option(field, kinds_of(field, kind), flags) for field in fields}

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(**given: Any) -> Any:
            own = {each: given.pop(each) for each in declared}
            if filters is not None:
                own["where"] = _filter(filters, given)
            return function(**given, **{name: kind(**own)})

        return _prepend(run, [*declared.values(), *(filters or {}).values()])

    return decorate


def option_of(kind: type, name: str) -> Decorator[Any]:
    """Give a command one option of a dataclass."""
    (field,) = (field for field in dataclasses.fields(kind) if field.name == name)
    return lambda function: _prepend(function, [_option(field, kinds_of(field, kind), {})])


def _prepend(function: Any, params: list[click.Option]) -> Any:
    """Put options before those of the decorators below, as click keeps them: last first."""
    function.__click_params__ = [*getattr(function, "__click_params__", []), *reversed(params)]
    return function


def _flag(field: "dataclasses.Field[Any]") -> str:
    return "--" + (field.metadata["flag"] or field.name).replace("_", "-")


def _option(field: "dataclasses.Field[Any]", kinds: tuple[Any, ...], flags: Mapping[str, str]) -> click.Option:
    words, names = field.metadata, [field.name, _flag(field)]
    given: dict[str, Any] = {"help": SETTING.sub(lambda found: flags[found[1]], words["help"])}
    if kinds == (bool,):
        return click.Option(names, is_flag=True, **given)
    given["metavar"] = words["metavar"]
    if isinstance(field.default, tuple):
        return click.Option(names, multiple=True, **given)
    if isinstance(kinds[0], type) and issubclass(kinds[0], StrEnum):
        given["type"] = Choice(kinds[0])
    elif kinds[0] in (int, float) and (words["least"] is not None or words["most"] is not None):
        given["type"] = (click.IntRange if kinds[0] is int else click.FloatRange)(words["least"], words["most"])
    else:
        given["type"] = kinds[0] if kinds[0] in (int, float) else str
    default = field.default.value if isinstance(field.default, StrEnum) else field.default
    return click.Option(names, default=default, show_default=words["shown"] or True, **given)


def filter_options(*, files: bool = True, chooses: bool = False) -> dict[str, click.Option]:
    """The options that make a `TrackFilter`.

    ``files`` tells whether songs without a file are taken, too; ``chooses``, whether music is chosen, so that speech,
    noise and very short sounds have to be asked for.
    """
    found = {}
    for field in dataclasses.fields(TrackFilter):
        if field.name == "file" and not files:
            continue
        words, flag = field.metadata, _flag(field)
        if words["kind"] == "flag":
            shown = ("no-speech" if chooses else "speech") if field.name == "speech" else False
            declared = [field.name, f"{flag}/--no-{flag[2:]}"]
            found[field.name] = click.Option(declared, default=None, help=words["help"], show_default=shown)
        else:
            many = words["kind"] in ("text", "folder")
            kind = click.Path(readable=False) if words["kind"] == "folder" else str
            given = {"type": kind, "multiple": many, "metavar": words["metavar"], "help": words["help"]}
            found[field.name] = click.Option([field.name, flag], **given)
    return found


def filtered(*, files: bool = True, chooses: bool = False) -> Decorator[Any]:
    """Give a command the options of a `TrackFilter`, which it gets as ``where``."""
    filters = filter_options(files=files, chooses=chooses)

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(**given: Any) -> Any:
            return function(where=_filter(filters, given), **given)

        return _prepend(run, list(filters.values()))

    return decorate


def _filter(filters: Mapping[str, Any], given: dict[str, Any]) -> TrackFilter:
    wishes = {each: given.pop(each) for each in filters}
    return TrackFilter(**{each: wish for each, wish in wishes.items() if wish is not None})


library_option = option(
    "--library",
    envvar="IMG2MUSIC_LIBRARY",
    metavar="PATH|URL",
    help="The library: a file, or the URL of a database.",
    show_envvar=True,
    show_default="in the user's data folder",
)


def opened_library(**how: bool) -> Decorator[Any]:
    """Give a command the option --library, and that library, open; a dry run only reads it."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(library: str | None, **given: Any) -> Any:
            from img2music.app.library import Library

            with Library.open(library, **how | ({"read_only": True} if given.get("dry_run") else {})) as opened:
                return function(library=opened, **given)

        return library_option(run)

    return decorate


image_model_option = option_of(RecommendOptions, "image_model")
force_option = option(
    "--force", is_flag=True, help="Replace output files that are there, if they are of the same kind."
)
file_path = click.Path(path_type=Path, readable=False)  # what can't be read is told by who reads it


def mapping_of(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """Columns by field, as people type them."""
    mapping: dict[str, str] = {}
    for text in texts:
        field, _, column = (part.strip() for part in text.partition("="))
        if not field or not column:
            raise click.BadParameter(f"{printable(text)} is not FIELD=COLUMN.")
        if field in mapping:
            raise click.BadParameter(f"{printable(field)} is named twice.")
        mapping[field] = column
    return mapping


map_option = option(
    "--map",
    "mapping",
    multiple=True,
    callback=mapping_of,
    metavar="FIELD=COLUMN",
    help="Which column holds what, such as title=track_name; may be repeated.",
)
