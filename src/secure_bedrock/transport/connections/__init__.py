"""Guarded connections: dialled to judged addresses, secured, kept for a while, written to only with what was gated."""
