"""The web: intake, commands and queries over HTTP, pages for people, and the log for auditors."""
