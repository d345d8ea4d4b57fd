"""Loops found again in an expression that was recorded step by step."""
