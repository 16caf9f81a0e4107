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
    from img2music.app.doctor import checks

    results = [check() for check in checks()]
    listed = [{"name": r.name, "status": r.status, "detail": r.detail} for r in results]
    shape = {"schema": "img2music/doctor/1", "checks": listed}
    print_report(format_, shape, ("check", "status", "detail"), [(r.name, r.status, r.detail) for r in results])
    if any(r.status == "failed" for r in results):
        raise click.exceptions.Exit(2)
