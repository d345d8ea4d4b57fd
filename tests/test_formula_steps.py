"""Derivations: every line is true, every one ends in what is printed, and they read as a person would write them."""

from __future__ import annotations

from xml.etree import ElementTree

import hypothesis.strategies as st
import numpy as np
import pytest
from derivations import Line, all_steps, assert_true
from expressions import VARIABLES, environment, expressions, scalars
from hypothesis import HealthCheck, assume, given, settings
from scalar_steps import FUNCTIONS as SCHOOL

from steepest import formula
from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, FormulaError
from steepest.expr.build import add, contract, einsum, multiply, negate, scale, subtract, variable
from steepest.expr.dimension import Dim
from steepest.expr.node import Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.formula.derivation.entry import derivation
from steepest.formula.derivation.step import Detail, shown
from steepest.formula.printing import formula_text
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.logic import less
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, log, power, sqrt, square
from steepest.ops.product import prod
from steepest.ops.reduction import logsumexp
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify
