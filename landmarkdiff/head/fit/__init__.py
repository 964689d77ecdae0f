"""Fitting the head to photos."""
