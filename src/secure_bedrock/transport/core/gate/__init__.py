"""The wire gate: what is about to be sent, judged on its bytes."""
