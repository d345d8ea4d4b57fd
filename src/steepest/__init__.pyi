from . import errors, numeric, plot, testing
from .api.calculus import (
    derivative,
    directional_derivative,
    fisher_information,
    partial_derivative,
)
from .api.check import check
from .api.compilation import CompilationWarning
from .api.control import cond, vmap
from .api.formula import Formula, formula
from .api.loops import scan, while_loop
from .api.nonfinite import NonFiniteWarning
from .api.side_effects import SideEffectWarning
from .api.transforms import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from .descent.minimize import minimize
from .descent.state import DescentState
from .errors import SteepestError
from .landscape.conditioning import conditioning
from .landscape.critical import critical_points
from .landscape.critical_point import CriticalPoint
from .landscape.flow import gradient_flow
from .landscape.level_set import level_set
from .landscape.natural_gradient import natural_gradient
from .landscape.saliency import saliency
from .landscape.sensitivity import sensitivity
from .landscape.slope import (
    directional_rates,
    perpendicularity,
    steepest_direction,
)
from .regression.estimator import FitWarning
from .regression.linear import LinearRegression
from .regression.loss_regressor import LossRegressor
from .regression.polynomial import PolynomialRegression
from .verify.mistakes.mistake import Mistake
from .verify.report import CheckReport

__version__: str

__all__ = [
    "CheckReport",
    "CompilationWarning",
    "CriticalPoint",
    "DescentState",
    "FitWarning",
    "Formula",
    "LinearRegression",
    "LossRegressor",
    "Mistake",
    "NonFiniteWarning",
    "PolynomialRegression",
    "SideEffectWarning",
    "SteepestError",
    "__version__",
    "check",
    "cond",
    "conditioning",
    "critical_points",
    "derivative",
    "directional_derivative",
    "directional_rates",
    "errors",
    "fisher_information",
    "formula",
    "grad",
    "gradient_flow",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "level_set",
    "linearize",
    "minimize",
    "natural_gradient",
    "numeric",
    "partial_derivative",
    "perpendicularity",
    "plot",
    "saliency",
    "scan",
    "sensitivity",
    "steepest_direction",
    "testing",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]
