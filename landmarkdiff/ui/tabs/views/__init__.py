"""The fifth tab: the five standard views of a patient."""
