"""``img2music datasets``: list the data sets of rated images."""

from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, print_json, print_table


def datasets(format_: ReportFormatOption = None) -> None:
    """List the sets of rated images that can be trained on and judged by: their terms, and where to get them."""
    from img2music.research.images.datasets import listing, table

    if chosen_format(format_) is ReportFormat.JSON:
        print_json(listing())
    else:
        print_table(*table(), title="Sets of rated images; none comes with img2music")
