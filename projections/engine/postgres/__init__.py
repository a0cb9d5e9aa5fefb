"""Read models in a schema of their own on PostgreSQL, for any number of hosts."""
