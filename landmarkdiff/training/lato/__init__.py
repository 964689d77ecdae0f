"""Training of edits with landmark tokens, by the recipe of all trainings.

A LoRA of the transformer's attention, the landmark adapter and the tokens that stand for no
landmarks are trained; pairs are photos of one person with the words between them, or photos that a
plan has warped, whose words are its millimetres.
"""
