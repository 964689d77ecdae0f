"""The second tab: several procedures on one photo."""
