"""``img2music doctor``: check that everything is there that img2music needs."""

import typer

from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, print_json, print_table


def doctor(format_: ReportFormatOption = None) -> None:
    """Check that the models, the decoders and the library work on this machine.

    Runs the shipped models on a picture and a sound made for it, and writes nothing outside a temporary folder.
    Exit code 0 if all that is needed works, 2 if not. Extras that are not installed are listed and are no fault.
    """
    from img2music.app.doctor import checks

    results = [check() for check in checks()]
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(
            {
                "schema": "img2music/doctor/1",
                "checks": [{"name": r.name, "status": r.status, "detail": r.detail} for r in results],
            }
        )
    else:
        print_table(["check", "status", "detail"], [(r.name, r.status, r.detail) for r in results])
    if any(r.status == "failed" for r in results):
        raise typer.Exit(2)
