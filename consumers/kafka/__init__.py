"""Kafka: signals and commands in, sealed events out, and read models fed from there."""
