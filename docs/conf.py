"""The reference site: ``make site``."""

import img2music

project = "img2music"
author = "The img2music developers"
copyright = author  # noqa: A001 - as Sphinx names it
version = release = img2music.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
exclude_patterns = ["_build"]
napoleon_google_docstring = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
default_role = "py:obj"
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to the repository's other files
