"""One folder for each tab; :mod:`landmarkdiff.ui.tabs.registry` finds them."""
