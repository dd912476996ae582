"""Sending one call of a hardened client: serialised and signed quietly, gated, witnessed."""
