"""What is taken of the installed botocore, quietened: its data and its defaults."""
