"""Work on a whole store: migration, repair, and checks of what is kept beside the log."""
