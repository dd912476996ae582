"""How the table of operations is derived from botocore's service models."""
