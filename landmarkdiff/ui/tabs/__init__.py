"""One folder for each tab; :mod:`landmarkdiff.ui.page.build` puts them together."""
