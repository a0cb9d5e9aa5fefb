"""What is read of risks, and what a file of them becomes."""
