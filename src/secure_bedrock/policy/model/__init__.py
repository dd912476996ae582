"""Models: what an identifier is, what a list admits, and where inference runs."""
