"""``img2music datasets``: list the data sets of rated images."""

from img2music.cli.options import command
from img2music.cli.output import ReportFormat, format_option, print_report


@command()
@format_option
def datasets(format_: ReportFormat | None) -> None:
    """List the sets of rated images that can be trained on and judged by: their terms, and where to get them."""
    from img2music.research.images.datasets import listing, table

    print_report(format_, listing(), *table(), title="Sets of rated images; none comes with img2music")
