"""Jacobians of matrices by matrices: arrays of order 3 and 4, and the matrix that Magnus & Neudecker state for each.

T_ijkl = ∂F_ij/∂X_kl; stacked by columns it is ∂vec(F)/∂(vec X)ᵀ.
"""

from __future__ import annotations

import numpy as np

from identities.identity import hessian, jacobian
from identities.stacking import commutation

MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 9, matrix functions of a matrix"
COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012)"
eye, kron, einsum = np.eye, np.kron, np.einsum

IDENTITIES = [
    jacobian("X", MAGNUS, "X", "X: m n", "X", lambda X: einsum("ik,jl->ijkl", eye(X.shape[0]), eye(X.shape[1])),
             stacked=lambda X: eye(X.size)),
    jacobian("Xᵀ", MAGNUS, "X'", "X: m n", "X", lambda X: einsum("il,jk->ijkl", eye(X.shape[1]), eye(X.shape[0])),
             stacked=lambda X: commutation(*X.shape)),
    jacobian("c X", MAGNUS, "c*X", "c:; X: m n", "X",
             lambda c, X: c * einsum("ik,jl->ijkl", eye(X.shape[0]), eye(X.shape[1])), stacked=lambda c, X: c * eye(X.size)),
    jacobian("AX", MAGNUS, "A*X", "A: k m; X: m n", "X", lambda A, X: einsum("ik,jl->ijkl", A, eye(X.shape[1])),
             stacked=lambda A, X: kron(eye(X.shape[1]), A)),
    jacobian("XB", MAGNUS, "X*B", "X: m n; B: n p", "X", lambda X, B: einsum("ik,lj->ijkl", eye(X.shape[0]), B),
             stacked=lambda X, B: kron(B.T, eye(X.shape[0]))),
    jacobian("AXB", MAGNUS, "A*X*B", "A: k m; X: m n; B: n p", "X", lambda A, B: einsum("ik,lj->ijkl", A, B),
             stacked=lambda A, B: kron(B.T, A)),
    jacobian("AXᵀB", MAGNUS, "A*X'*B", "A: k n; X: m n; B: m p", "X", lambda A, B: einsum("il,kj->ijkl", A, B),
             stacked=lambda A, X, B: kron(B.T, A) @ commutation(*X.shape)),
    jacobian("AXB by A", MAGNUS, "A*X*B", "A: k m; X: m n; B: n p", "A",
             lambda A, X, B: einsum("ik,lj->ijkl", eye(A.shape[0]), X @ B), stacked=lambda A, X, B: kron((X @ B).T, eye(A.shape[0]))),
    jacobian("AXB + C", MAGNUS, "A*X*B + C", "A: k m; X: m n; B: n p; C: k p", "X",
             lambda A, B: einsum("ik,lj->ijkl", A, B), stacked=lambda A, B: kron(B.T, A)),
    jacobian("X²", MAGNUS, "X^2", "X: n n", "X",
             lambda X: einsum("ik,lj->ijkl", eye(len(X)), X) + einsum("ik,jl->ijkl", X, eye(len(X))),
             stacked=lambda X: kron(X.T, eye(len(X))) + kron(eye(len(X)), X)),
    jacobian("X³", f"{COOKBOOK} 2.4.3, eq. 90; {MAGNUS}", "X^3", "X: n n", "X",
             lambda X: einsum("ik,lj->ijkl", eye(len(X)), X @ X) + einsum("ik,lj->ijkl", X, X)
             + einsum("ik,jl->ijkl", X @ X, eye(len(X))),
             stacked=lambda X: kron((X @ X).T, eye(len(X))) + kron(X.T, X) + kron(eye(len(X)), X @ X)),
    jacobian("XᵀX", MAGNUS, "X'*X", "X: m n", "X",
             lambda X: einsum("il,kj->ijkl", eye(X.shape[1]), X) + einsum("ki,jl->ijkl", X, eye(X.shape[1])),
             stacked=lambda X: (eye(X.shape[1] ** 2) + commutation(X.shape[1], X.shape[1])) @ kron(eye(X.shape[1]), X.T)),
    jacobian("XXᵀ", MAGNUS, "X*X'", "X: m n", "X",
             lambda X: einsum("ik,jl->ijkl", eye(X.shape[0]), X) + einsum("il,jk->ijkl", X, eye(X.shape[0])),
             stacked=lambda X: (eye(X.shape[0] ** 2) + commutation(X.shape[0], X.shape[0])) @ kron(X, eye(X.shape[0]))),
    jacobian("XᵀBX", f"{COOKBOOK} 2.4.2, eq. 79", "X'*B*X", "X: m n; B: m m", "X",
             lambda X, B: einsum("il,kj->ijkl", eye(X.shape[1]), B @ X) + einsum("ik,jl->ijkl", X.T @ B, eye(X.shape[1]))),
    jacobian("XBXᵀ", MAGNUS, "X*B*X'", "X: m n; B: n n", "X",
             lambda X, B: einsum("ik,jl->ijkl", eye(X.shape[0]), X @ B.T) + einsum("il,jk->ijkl", X @ B, eye(X.shape[0]))),
    jacobian("XBX", MAGNUS, "X*B*X", "X: m n; B: n m", "X",
             lambda X, B: einsum("ik,lj->ijkl", eye(X.shape[0]), B @ X) + einsum("ik,jl->ijkl", X @ B, eye(X.shape[1])),
             stacked=lambda X, B: kron((B @ X).T, eye(X.shape[0])) + kron(eye(X.shape[1]), X @ B)),
    jacobian("XAᵀX", MAGNUS, "X*A'*X", "X: m n; A: m n", "X",
             lambda X, A: einsum("ik,lj->ijkl", eye(X.shape[0]), A.T @ X) + einsum("ik,jl->ijkl", X @ A.T, eye(X.shape[1]))),
    jacobian("X ⊙ X", f"{MAGNUS}: Hadamard product", "X .* X", "X: m n", "X",
             lambda X: 2 * einsum("ij,ik,jl->ijkl", X, eye(X.shape[0]), eye(X.shape[1])),
             stacked=lambda X: 2 * np.diag(X.ravel(order="F"))),
    jacobian("A ⊙ X", f"{MAGNUS}: Hadamard product", "A .* X", "A: m n; X: m n", "X",
             lambda A: einsum("ij,ik,jl->ijkl", A, eye(A.shape[0]), eye(A.shape[1])),
             stacked=lambda A: np.diag(A.ravel(order="F"))),
    jacobian("exp(X), entrywise", f"{MAGNUS}: Hadamard product", "exp(X)", "X: m n", "X",
             lambda X: einsum("ij,ik,jl->ijkl", np.exp(X), eye(X.shape[0]), eye(X.shape[1])),
             stacked=lambda X: np.diag(np.exp(X).ravel(order="F"))),
    jacobian("A⊗X", f"{MAGNUS}: Kronecker product", lambda A, X: einsum("ab,ij->aibj", A, X), "A: m n; X: p q", "X",
             lambda A, X: einsum("ab,ik,jl->aibjkl", A, eye(X.shape[0]), eye(X.shape[1]))),
    jacobian("Xb", "Magnus & Neudecker, ch. 9, vector functions of a matrix", "X*b", "X: m n; b: n", "X",
             lambda X, b: einsum("ik,l->ikl", eye(X.shape[0]), b)),
    jacobian("Xᵀb", "Magnus & Neudecker, ch. 9, vector functions of a matrix", "X'*b", "X: m n; b: m", "X",
             lambda X, b: einsum("il,k->ikl", eye(X.shape[1]), b)),
    jacobian("XᵀXb", "Magnus & Neudecker, ch. 9, vector functions of a matrix", "X'*X*b", "X: m n; b: n", "X",
             lambda X, b: einsum("il,k->ikl", eye(X.shape[1]), X @ b) + einsum("ki,l->ikl", X, b)),
    jacobian("x xᵀ by x", "Magnus & Neudecker, ch. 9, matrix functions of a vector", "x*x'", "x: n", "x",
             lambda x: einsum("ik,j->ijk", eye(len(x)), x) + einsum("jk,i->ijk", eye(len(x)), x)),
    jacobian("a xᵀ by x", "Magnus & Neudecker, ch. 9, matrix functions of a vector", "a*x'", "a: m; x: n", "x",
             lambda a, x: einsum("i,jk->ijk", a, eye(len(x)))),
    jacobian("diag(x) by x", "Magnus & Neudecker, ch. 9, matrix functions of a vector", "diag(x)", "x: n", "x",
             lambda x: einsum("ik,jk->ijk", eye(len(x)), eye(len(x)))),
    jacobian("A diag(x) B by x", "Magnus & Neudecker, ch. 9, matrix functions of a vector", "A*diag(x)*B",
             "A: m n; x: n; B: n p", "x", lambda A, B: einsum("ik,kj->ijk", A, B)),
    jacobian("diagonal of X", "Magnus & Neudecker, ch. 9, vector functions of a matrix", "diag(X)", "X: n n", "X",
             lambda X: einsum("ik,il->ikl", eye(len(X)), eye(len(X)))),
    jacobian("diagonal of AX", "Magnus & Neudecker, ch. 9, vector functions of a matrix", "diag(A*X)", "A: m n; X: n m", "X",
             lambda A: einsum("ik,il->ikl", A, eye(len(A)))),
    jacobian("tr X times X", "product rule", "tr(X)*X", "X: n n", "X",
             lambda X: einsum("ij,kl->ijkl", X, eye(len(X))) + np.trace(X) * einsum("ik,jl->ijkl", eye(len(X)), eye(len(X)))),
    jacobian("X/‖X‖_F", "normalised matrix", "X/normF(X)", "X: m n", "X",
             lambda X: einsum("ik,jl->ijkl", eye(X.shape[0]), eye(X.shape[1])) / np.sqrt(np.sum(X * X))
             - einsum("ij,kl->ijkl", X, X) / np.sum(X * X) ** 1.5),
    jacobian("gradient 2Aᵀ(AX − B)", "Jacobian of a gradient is the Hessian", "2*A'*(A*X - B)", "A: k m; X: m n; B: k n", "X",
             lambda A, X: 2 * einsum("ik,jl->ijkl", A.T @ A, eye(X.shape[1])), stacked=lambda A, X: 2 * kron(eye(X.shape[1]), A.T @ A)),
    hessian("Σ exp(XB)", "entrywise function of a matrix product", "sum(exp(X*B))", "X: m n; B: n p", "X",
            lambda X, B: einsum("ik,ip,jp,lp->ijkl", eye(X.shape[0]), np.exp(X @ B), B, B)),
    hessian("(aᵀXb)²", "Magnus & Neudecker, ch. 10", "(a'*X*b)^2", "a: m; X: m n; b: n", "X",
            lambda a, b: 2 * einsum("i,j,k,l->ijkl", a, b, a, b), stacked=lambda a, b: 2 * np.outer(kron(b, a), kron(b, a))),
    hessian("tr(X)²", "Magnus & Neudecker, ch. 10", "tr(X)^2", "X: n n", "X",
            lambda X: 2 * einsum("ij,kl->ijkl", eye(len(X)), eye(len(X))),
            stacked=lambda X: 2 * np.outer(eye(len(X)).ravel(), eye(len(X)).ravel())),
    hessian("‖X‖_F⁴", "Magnus & Neudecker, ch. 10", "normF(X)^4", "X: m n", "X",
            lambda X: 8 * einsum("ij,kl->ijkl", X, X) + 4 * np.sum(X * X) * einsum("ik,jl->ijkl", eye(X.shape[0]), eye(X.shape[1]))),
    hessian("xᵀXy by X", "linear", "x'*X*y", "x: m; X: m n; y: n", "X", lambda X: np.zeros((*X.shape, *X.shape)), "0"),
]  # fmt: skip
