"""One head in three dimensions: its model, its fit to photos, and what is drawn of it."""
