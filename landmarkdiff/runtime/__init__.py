"""The machine that the program runs on: devices, threads, time."""
