"""Operations: which there are, which of their members name something, and what one request names."""
