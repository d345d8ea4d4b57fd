"""The table of operations: one record each, `OPERATIONS` by name once their files are imported."""
