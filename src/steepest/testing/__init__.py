"""For test suites: a hand-derived gradient is right, or the assertion says what is wrong with it."""

from .gradients import assert_gradient

__all__ = ["assert_gradient"]
