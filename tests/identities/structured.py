"""Derivatives in structured matrices, and of the entrywise and selecting functions that make structure."""

from __future__ import annotations

import numpy as np

from identities.identity import gradient, hessian, jacobian

CHAIN = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.8.1"
DIAGONAL = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.8.3, eq. 142"
TOEPLITZ = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.8.4"
ENTRYWISE = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 9, Hadamard products"

SYMMETRIC = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.8.2, eq."
HARVILLE = "Harville, Matrix Algebra from a Statistician's Perspective, 15.1: symmetric matrices"

IDENTITIES = [
    # symmetric and diagonal variables, in their three meanings
    gradient("tr AX, X symmetric", f"{SYMMETRIC} 139", "tr(A*X)", "A: n n; X: n n symmetric", "X",
             "A + A' - diag(diag(A))", meaning="cookbook"),
    gradient("det X, X symmetric", f"{SYMMETRIC} 140", "det(X)", "X: n n spd", "X",
             "det(X)*(2*inv(X) - diag(diag(inv(X))))", meaning="cookbook"),
    gradient("log |det X|, X symmetric", f"{SYMMETRIC} 141", "logdet(X)", "X: n n spd", "X",
             "2*inv(X) - diag(diag(inv(X)))", meaning="cookbook"),
    gradient("aᵀXb, X symmetric", f"{SYMMETRIC} 138", "a'*X*b", "a: n; X: n n symmetric; b: n", "X",
             "a*b' + b*a' - diag(a .* b)", meaning="cookbook"),
    gradient("tr X², X symmetric", f"{SYMMETRIC} 138", "tr(X^2)", "X: n n symmetric", "X",
             "4*X - 2*diag(diag(X))", meaning="cookbook"),
    gradient("tr AX, X diagonal", DIAGONAL, "tr(A*X)", "A: n n; X: n n diagonal", "X", "diag(diag(A))",
             meaning="projected"),
    gradient("tr AX along symmetric X", HARVILLE, "tr(A*X)", "A: n n; X: n n symmetric", "X", "(A + A')/2",
             "1/2 (A + Aᵀ)", meaning="projected"),
    gradient("log |det X| along symmetric X", HARVILLE, "logdet(X)", "X: n n spd", "X", "inv(X)", "X⁻¹",
             meaning="projected"),
    gradient("aᵀXb along symmetric X", HARVILLE, "a'*X*b", "a: n; X: n n symmetric; b: n", "X", "(a*b' + b*a')/2",
             "1/2 (a bᵀ + b aᵀ)", meaning="projected"),
    gradient("tr X² along symmetric X", HARVILLE, "tr(X^2)", "X: n n symmetric", "X", "2*X", "2X",
             meaning="projected"),
    gradient("tr A diag(d)", DIAGONAL, "tr(A*diag(d))", "A: n n; d: n", "d", "diag(A)", "diagvec(A)"),
    gradient("tr A diag(d) B", DIAGONAL, "tr(A*diag(d)*B)", "A: m n; d: n; B: n m", "d", "diag(B*A)", "diagvec(BA)"),
    gradient("log |det diag(d)|", "determinant of a diagonal matrix", "logdet(diag(d))", "d: n", "d",
             lambda d: 1 / d, "1/d"),
    gradient("xᵀA diag(d) By", DIAGONAL, "x'*A*diag(d)*B*y", "x: m; A: m n; d: n; B: n k; y: k", "d",
             "(A'*x) .* (B*y)", "Aᵀx ⊙ By"),
    jacobian("A diag(d) b", DIAGONAL, "A*diag(d)*b", "A: m n; d: n; b: n", "d", "A*diag(b)", "A diag(b)"),
    jacobian("diag(d) A b", DIAGONAL, "diag(d)*A*b", "d: m; A: m n; b: n", "d", "diag(A*b)", "diag(Ab)"),
    gradient("‖A − diag(d)‖_F²", "nearest diagonal matrix", "normF(A - diag(d))^2", "A: n n; d: n", "d",
             "2*(d - diag(A))", "2(d − diagvec(A))"),
    gradient("‖A ⊙ X‖_F²", ENTRYWISE, "normF(A .* X)^2", "A: m n; X: m n", "X", "2*(A .* A .* X)", "2A ⊙ A ⊙ X"),
    gradient("aᵀ(X ⊙ X)b", ENTRYWISE, "a'*(X .* X)*b", "a: m; X: m n; b: n", "X", "2*(a*b') .* X"),
    gradient("aᵀ exp(X) b, entrywise", ENTRYWISE, "a'*exp(X)*b", "a: m; X: m n; b: n", "X", "(a*b') .* exp(X)"),
    gradient("Σ A ⊙ X", ENTRYWISE, "sum(A .* X)", "A: m n; X: m n", "X", "A", "A"),
    gradient("Σ log X", ENTRYWISE, "sum(log(X))", "X: m n", "X", lambda X: 1 / X, "1 ⊘ X"),
    jacobian("x ⊙ a", ENTRYWISE, "x .* a", "x: n; a: n", "x", "diag(a)", "diag(a)"),
    jacobian("x ⊙ x", ENTRYWISE, "x .* x", "x: n", "x", "2*diag(x)", "2 diag(x)"),
    jacobian("Ax ⊙ Bx", ENTRYWISE, "(A*x) .* (B*x)", "A: m n; B: m n; x: n", "x", "diag(B*x)*A + diag(A*x)*B",
             "diag(Ax) B + diag(Bx) A"),
    jacobian("1/x", ENTRYWISE, "1 ./ x", "x: n", "x", lambda x: np.diag(-1 / x**2), "−diag(1/x²)"),
    jacobian("exp(Ax)", ENTRYWISE, "exp(A*x)", "A: m n; x: n", "x", "diag(exp(A*x))*A", "diag(exp(Ax)) A"),
    jacobian("x xᵀ a", "product rule", "x*x'*a", "x: n; a: n", "x", "(x'*a)*I + x*a'", "aᵀx I + x aᵀ"),
    jacobian("x/Σx", "normalisation to a probability vector", "x/sum(x)", "x: n", "x",
             lambda x: np.eye(len(x)) / x.sum() - np.outer(x, np.ones(len(x))) / x.sum() ** 2),
    jacobian("x − mean x", "centering matrix", "x - mean(x)", "x: n", "x",
             lambda x: np.eye(len(x)) - np.ones((len(x), len(x))) / len(x), "I − 1/n 𝟏𝟏ᵀ"),
    jacobian("running sums", "lower triangular matrix of ones", lambda x: np.cumsum(x), "x: n", "x",
             lambda x: np.tril(np.ones((len(x), len(x))))),
    gradient("Σ (Dx)², first differences", "Boyd & Vandenberghe 6.3.3: quadratic smoothing",
             lambda x: np.sum((x[1:] - x[:-1]) ** 2), "x: n", "x",
             lambda x: 2 * (np.concatenate([[0], x[1:] - x[:-1]]) - np.concatenate([x[1:] - x[:-1], [0]]))),
    gradient("first entry", "unit vector", lambda x: x[0], "x: n", "x", lambda x: np.eye(len(x))[0]),
    gradient("Σ of the diagonal squared", "diagonal of a matrix", "norm2(diag(X))^2", "X: n n", "X",
             lambda X: 2 * np.diag(np.diag(X))),
    gradient("Toeplitz: Σ over a diagonal", TOEPLITZ, lambda A, t: np.trace(A[1:, :-1]) * t, "A: n n; t:", "t",
             lambda A: np.trace(A[1:, :-1])),
    gradient("chain rule through U = AXB", f"{CHAIN}, eq. 137", "log(tr(A*X*B))", "A: k m; X: m n; B: n k", "X",
             "A'*B'/tr(A*X*B)", "AᵀBᵀ/tr(AXB)"),
    gradient("chain rule through U = XᵀX", f"{CHAIN}, eq. 137", "exp(tr(X'*X))", "X: m n", "X", "2*exp(tr(X'*X))*X",
             "2 exp(‖X‖_F²) X"),
    gradient("product of entries", "logarithmic derivative", "prod(x)", "x: n", "x", lambda x: np.prod(x) / x),
    hessian("Σ log x", ENTRYWISE, "sum(log(x))", "x: n", "x", lambda x: np.diag(-1 / x**2), "−diag(1/x²)"),
    hessian("Σ exp(Ax)", ENTRYWISE, "sum(exp(A*x))", "A: m n; x: n", "x", "A'*diag(exp(A*x))*A", "Aᵀ diag(exp(Ax)) A"),
    hessian("xᵀA diag(x) Bx", "cubic form", "x'*A*(x .* (B*x))", "x: n; A: n n; B: n n", "x",
            "A*diag(B*x) + diag(B*x)*A' + diag(A'*x)*B + B'*diag(A'*x) + A*diag(x)*B + B'*diag(x)*A'"),
    hessian("aᵀ(X ⊙ X)b", ENTRYWISE, "a'*(X .* X)*b", "a: m; X: m n; b: n", "X",
            lambda a, X, b: 2 * np.einsum("i,j,ik,jl->ijkl", a, b, np.eye(len(a)), np.eye(len(b)))),
    hessian("log det diag(d)", "barrier of the orthant: Boyd & Vandenberghe 11.2", "-sum(log(d))", "d: n", "d",
            lambda d: np.diag(1 / d**2), "diag(1/d²)"),
    hessian("−Σ log(b − Ax)", "logarithmic barrier: Boyd & Vandenberghe 11.2.1", "-sum(log(b - A*x))",
            "A: m n; x: n; b: m", "x", lambda A, x, b: A.T @ np.diag(1 / (b - A @ x) ** 2) @ A,
            "Aᵀ diag(1/(b − Ax)²) A"),
    gradient("−Σ log(b − Ax)", "logarithmic barrier: Boyd & Vandenberghe 11.2.1", "-sum(log(b - A*x))",
             "A: m n; x: n; b: m", "x", lambda A, x, b: A.T @ (1 / (b - A @ x)), "Aᵀ(1/(b − Ax))"),
]  # fmt: skip
