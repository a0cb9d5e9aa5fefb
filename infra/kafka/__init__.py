"""Apache Kafka on this machine, and the topics that airledger works with."""
