"""The HTTP server's side of a connection: what it bounds, how long it waits, how it refuses."""
