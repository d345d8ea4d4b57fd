"""How right numeric derivatives are, beside other tools: ``python -m benchmarks.numeric``. Not shipped, not tests."""
