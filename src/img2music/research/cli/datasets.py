"""``img2music datasets``: list the data sets of rated images."""

from img2music.cli.options import command
from img2music.cli.output import ReportFormat, format_option, print_report


@command()
@format_option
def datasets(format_: ReportFormat | None) -> None:
    """List the sets of rated images that can be trained on and judged by: their terms, and where to get them."""
    from img2music.research.images.datasets import DATASETS, listing

    rows = []
    for dataset in DATASETS.values():
        scale = dataset.scale
        facts = {
            "what": dataset.title if dataset.images is None else f"{dataset.title}; {dataset.images} images",
            "get it": dataset.source,
            "give": dataset.layout,
            "scale": "say it with --scale" if scale is None else f"{scale.low:g}-{scale.high:g}",
            "terms": dataset.licence,
            "cite": dataset.citation,
        }
        rows += [[dataset.name if fact == "what" else "", fact, text] for fact, text in facts.items()]
    print_report(format_, listing(), ["name", "", ""], rows, title="Sets of rated images; none comes with img2music")
