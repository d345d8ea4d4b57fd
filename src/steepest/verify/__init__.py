"""Derivatives against the numeric oracle: a report for the user, and a net under the capture of a function."""
