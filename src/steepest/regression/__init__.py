"""Regression: linear models solved to the last digit, and any differentiable loss as an estimator."""
