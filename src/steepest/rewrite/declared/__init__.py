"""Rewrites that need a fact: of a variable, or of what an expression's value always is."""
