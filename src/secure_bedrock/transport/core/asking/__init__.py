"""What is asked: an operation and its parameters become a signed request, as bytes."""
