"""Publishers' formats: one adapter each, from bytes to signals; what is not understood is kept."""
