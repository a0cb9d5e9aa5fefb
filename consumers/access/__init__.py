"""Who may what: tokens, people, and the look-up of a request's token."""
