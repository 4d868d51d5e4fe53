"""Sphinx's settings for the site; `tools/build_site.py` collects its pages."""

project = "Stackguard"
project_copyright = "the Stackguard authors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a changelog repeats headings, and a card's page has levels of its own
nitpicky = True
smartquotes = False  # `--format` has two hyphens
html_theme = "furo"
html_title = "Stackguard"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
