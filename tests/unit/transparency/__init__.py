"""The Merkle tree, its tiles, the signed notes and the audit."""
