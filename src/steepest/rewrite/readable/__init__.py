"""The form of an expression that a textbook prints: `form.readable` is the way in."""
