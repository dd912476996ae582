"""The lock: its values, its file, whose it is, and how it is made and compared."""
