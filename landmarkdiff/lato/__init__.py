"""LaTo: edits by words and by landmark tokens.

Words become a plan in millimetres, a pose and an expression; tokens carry pose and expression to a
transformer. Surgery is never in the tokens: its millimetres come from the plan.
"""
