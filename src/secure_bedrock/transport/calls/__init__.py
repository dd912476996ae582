"""The way of a call on every front end: its order, its route, and what its record tells of it."""
