"""Expressions as formulas people read: notation, text, LaTeX, and derivations step by step."""
