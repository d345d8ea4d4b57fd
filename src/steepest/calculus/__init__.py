"""Derivatives of expressions, as expressions: push forward, transpose, read off the coefficient."""
