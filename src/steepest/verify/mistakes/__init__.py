"""What is wrong with a derivative that somebody worked out by hand: by its values, and by the right formula."""
