"""Requests: what one asks for, held against the policy."""
