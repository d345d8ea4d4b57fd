"""Derivatives from the literature, one file per chapter, each with its source, and the tests that hold us to them."""
