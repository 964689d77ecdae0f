"""One module for each tab; :mod:`landmarkdiff.ui.build` puts them together."""
