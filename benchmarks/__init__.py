"""How fast derivatives are, beside other libraries and beside C: ``python -m benchmarks``. Not shipped, not tests."""
