"""``img2music cluster``: look at the nodes of a Ray cluster."""

import click

from img2music.cli.options import argument, command, option
from img2music.cli.output import ReportFormat, format_option, print_report, say


@command()
@argument("folders", metavar="[DIR|URL]...", nargs=-1, help="Folders that every node has to see.")
@option("--on", default="ray", metavar="ray[://HOST:PORT]", help="The cluster: of this machine, or at an address.")
@format_option
def doctor(folders: tuple[str, ...], on: str, format_: ReportFormat | None) -> None:
    """Check that each node of a Ray cluster analyses as this machine does, and sees folders.

    Where this machine has no cluster, one is started, looked at and ended. Exit code 0 if every node that has a
    processor to give can take part, 2 if not.
    """
    from img2music.app import cluster

    report = cluster.doctor(on, folders)
    rows = []
    for node in report.nodes:
        has = node.versions
        told = has and f"{has.img2music}, {has.analyzer}, models {has.models}, Python {has.python}"
        rows.append((node.name, str(node.cpus), told or "", node.error or "ok"))
    print_report(format_, report, ("node", ">processors", "img2music", "state"), rows)
    if report.started:
        say("this machine is in no cluster: one was started here to look at, and ended.")
    if any(node.error is not None and node.cpus for node in report.nodes):
        raise click.exceptions.Exit(2)
