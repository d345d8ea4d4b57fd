"""Derivatives that keep their structure: sums of small arrays with rules for where they stand."""
