"""Genuine botocore clients whose every request takes the gate and the guarded connections."""
