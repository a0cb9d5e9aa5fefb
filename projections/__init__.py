"""The projections floor: read models, each a fold of the log, and the engine that fills them."""
