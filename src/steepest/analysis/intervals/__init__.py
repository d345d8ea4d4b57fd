"""Expressions over boxes of their variables: what surely contains their values there, rounding included."""
