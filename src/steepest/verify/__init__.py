"""Derivatives against the numeric oracle: a report for the user, and a net under the capture of a function."""

from .compare import compare_gradient, compare_jacobian
from .direction import Outcome
from .first_call import CaptureCheck, check_capture
from .report import CheckReport

__all__ = ["CaptureCheck", "CheckReport", "Outcome", "check_capture", "compare_gradient", "compare_jacobian"]
