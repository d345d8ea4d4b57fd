"""How does a function change when its inputs are nudged? As a formula, as fast code, as a proof.

>>> import numpy as np
>>> import steepest as st
>>> def loss(theta, X, y):
...     return np.mean((X @ theta - y) ** 2)
>>> F = st.formula(loss, theta="n", X="m n", y="m")
>>> print(F.gradient("theta"))
2/m Xᵀ(Xθ − y)
>>> st.grad(loss)(np.zeros(2), np.eye(2), np.ones(2))
array([-1., -1.])
"""

from .on_demand import names_on_demand
from .version import VERSION

__version__ = VERSION
__getattr__, __dir__, __all__ = names_on_demand(__name__, __file__)
