"""What programs use: intake, commands, queries, the log, and what operators look at."""
