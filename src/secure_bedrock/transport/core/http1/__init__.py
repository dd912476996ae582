"""HTTP/1.1 read strictly, without I/O."""
