"""The first tab: one photo, one plan."""
