"""Searches: how far to go along what a rule proposes."""
