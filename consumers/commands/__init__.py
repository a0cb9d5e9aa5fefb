"""Commands of people and programs, over HTTP, as CloudEvents and from the command line."""
