"""The page: the Gradio shell around the tabs."""
