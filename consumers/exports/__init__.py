"""Lists as files: CSV for spreadsheets, JSON Lines for programs."""
