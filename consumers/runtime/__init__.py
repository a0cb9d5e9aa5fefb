"""One process: what it is made of, its roles, its loops and their status."""
