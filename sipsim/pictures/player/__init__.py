"""The ladder that plays: its pages and its messages as values for JavaScript, and the page that stands alone."""
