"""How Sphinx makes a site of these pages and the lessons (`make docs`); its source folder is the checkout."""

import re
from pathlib import Path

project = "sipsim"
author = "the sipsim developers"
release = re.search(r'__version__ = "(.+)"', (Path(__file__).parents[1] / "sipsim/version.py").read_text())[1]

extensions = ["myst_nb", "sipsim.documents.sphinx"]
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "notebooks/*.ipynb"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1240px", "body_max_width": "none"}  # room for a ladder of 100 columns

# Lessons are committed without outputs and run here; one that fails is a page that must not be published.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True

# Headings can be linked to.
myst_heading_anchors = 3
