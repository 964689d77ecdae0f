"""Editing: a photo, where its landmarks shall be, and words become a picture.

:mod:`~landmarkdiff.lato.editing.editor` paints; :mod:`~landmarkdiff.lato.editing.bases` reads its
networks from a folder; :mod:`~landmarkdiff.lato.editing.codecs` has what turns pictures into
latents, :mod:`~landmarkdiff.lato.editing.denoiser` the order of the tokens and their places,
:mod:`~landmarkdiff.lato.editing.flow` noise and steps. All of these need torch and diffusers and
are imported by whoever uses them.

Surgery is never in the tokens. It comes with the source picture, which the plan has warped, and
the picture that is painted is checked against the plan like every other one.
"""
