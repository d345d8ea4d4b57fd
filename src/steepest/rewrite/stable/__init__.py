"""The forms that derivatives are taken of: equal to what was written, also where a step of it overflows or cancels."""
