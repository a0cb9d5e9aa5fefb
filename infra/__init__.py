"""What runs beside airledger: brokers, alerting systems, dashboards, as a developer starts them."""
