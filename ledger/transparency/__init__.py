"""The transparency log: Merkle tree, tiles, signed checkpoints, and the audit of it all.

Hashing is RFC 6962's over the stored bytes; tiles, checkpoints and notes are C2SP's (tlog-tiles,
tlog-checkpoint, signed-note), so that verifiers written by others accept the log.
"""
