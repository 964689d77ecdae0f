"""The third tab: one procedure at rising intensities."""
