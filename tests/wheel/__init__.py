"""The distribution: a wheel, installed in an environment of its own, is tried as people use it."""
