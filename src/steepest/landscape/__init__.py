"""The landscape of a function of several variables: its critical points, level curves, slopes, and what they tell."""
