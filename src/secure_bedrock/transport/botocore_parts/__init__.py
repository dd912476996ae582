"""What is taken of botocore, quietened: its data, its defaults, and what an error of its clients tells."""
