"""The stored bytes of every event type, for ever: one file each, never changed once released."""
