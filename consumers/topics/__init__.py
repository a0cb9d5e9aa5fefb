"""The topics on Kafka, as data."""
