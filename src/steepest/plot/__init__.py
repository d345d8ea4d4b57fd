"""Pictures of functions, derivatives and descents, with Matplotlib (``pip install 'steepest[plot]'``).

Every function draws on `ax`, or on a new figure, and gives a `Drawing` with the axes and the artists by name. None
calls ``show()``. Slopes and gradients are exact.
"""

from .canvas import Drawing
from .contour import contour
from .convergence import convergence
from .field import field
from .fit import fit
from .landscape import landscape
from .path import path
from .saliency import saliency
from .surface import surface
from .tangent import animate_tangent, secant, tangent

__all__ = [
    "Drawing",
    "animate_tangent",
    "contour",
    "convergence",
    "field",
    "fit",
    "landscape",
    "path",
    "saliency",
    "secant",
    "surface",
    "tangent",
]
