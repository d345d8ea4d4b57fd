"""LaTeX as people write it, put into the spelling of the grammar."""
