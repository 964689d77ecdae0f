"""Expression and pose: on the fitted head, on the mesh, and in the photo."""
