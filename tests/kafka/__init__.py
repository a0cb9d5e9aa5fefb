"""Apache Kafka as it is: one broker that all tests of a run share."""
