"""The fourth tab: what the photo shows of the face."""
