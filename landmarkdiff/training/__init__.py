"""Training of the repainting networks: from pairs of pictures to a folder that the app takes.

One readable recipe (:mod:`landmarkdiff.training.recipe`): setup, fit, validate, save. Everything
random in it is a function of the seed, the update and the sample, so that a run which was killed
goes on to the bit, and one that is split over several devices computes what one device does.
"""
