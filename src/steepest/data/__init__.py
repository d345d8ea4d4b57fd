"""Reference data with certified answers, and how to score a result against them."""
