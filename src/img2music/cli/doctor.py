"""``img2music doctor``: check that everything is there that img2music needs."""

import click

from img2music.cli.options import command
from img2music.cli.output import ReportFormat, format_option, print_report


@command()
@format_option
def doctor(format_: ReportFormat | None) -> None:
    """Check that the models, the decoders and the library work on this machine.

    Runs the shipped models on a picture and a sound made for it, and writes nothing outside a temporary folder.
    Exit code 0 if all that is needed works, 2 if not. Extras that are not installed are listed and are no fault.
    """
    from img2music.app.doctor import examine

    report = examine()
    rows = [(check.name, check.status, check.detail) for check in report.checks]
    print_report(format_, report, ("check", "status", "detail"), rows)
    if any(check.status == "failed" for check in report.checks):
        raise click.exceptions.Exit(2)
