"""A line of mathematics as a function: ``norm2(X*theta - y)^2 / m``."""
