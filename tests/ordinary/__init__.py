"""Small programs as people write them in NumPy, and the truth about their derivatives: docs/what-works.md."""
