"""Training pairs without limit: photos, landmarks and seeds in; warped and untouched photos out.

A pair is made backwards: its target is the untouched photo, its source the photo warped by the
inverse of a plan. A network that learns the way from source to target learns skin, not rubber.
"""
