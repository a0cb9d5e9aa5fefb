"""The documents: their references are generated from the program, their commands are run."""
