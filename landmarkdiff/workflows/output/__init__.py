"""What a workflow writes: folders, pictures, grids, charts, animations, archives."""
