"""What `/metrics` says of a process: what it counted itself, and what is read when it is asked."""
