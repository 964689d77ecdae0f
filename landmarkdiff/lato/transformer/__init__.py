"""Landmark tokens in a diffusion transformer.

Modules that need torch and diffusers are imported by whoever uses them:
:mod:`~landmarkdiff.lato.transformer.flux` has the transformers,
:mod:`~landmarkdiff.lato.transformer.adapter` what turns codes into their tokens,
:mod:`~landmarkdiff.lato.transformer.guidance` how far a step follows words and landmarks.
"""
