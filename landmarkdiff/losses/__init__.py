"""Terms of the training loss: diffusion, landmarks, identity, perceptual.

Every term returns one number per sample, is differentiable with respect to the picture or the
prediction, and lies in a module of its own that imports torch.
"""
