"""What is known of an expression's value, for all inputs: where its entries lie, symmetry, definiteness, convexity."""
