"""What was answered: bytes become typed answers, events and errors."""
