"""Functions of bytes: prepare a request, gate it, parse its answer; nothing here opens a socket."""
