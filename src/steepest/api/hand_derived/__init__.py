"""A derivative that somebody worked out by hand: is it right, and if not, what is wrong with it?"""
