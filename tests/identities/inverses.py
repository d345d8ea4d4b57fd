"""Derivatives of inverses and of what is made with them; eigenvalues, by trace and determinant."""

from __future__ import annotations

import numpy as np

from identities.identity import gradient, hessian, jacobian

COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.2, eq."
EIGEN = "Petersen & Pedersen, The Matrix Cookbook (2012) 2.3, eq."
MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 9, matrix functions of a matrix"
GOLUB = "Golub & Van Loan, Matrix Computations (4th ed.), 2.1.4"

inv = np.linalg.inv


def by_pseudo_inverse(A, X, P):
    """∇ tr(AP) for P = X⁺."""
    rows, columns = np.eye(X.shape[0]), np.eye(X.shape[1])
    return (rows - X @ P) @ A @ P @ P.T + P.T @ P @ A @ (columns - P @ X) - P.T @ A.T @ P.T


IDENTITIES = [
    jacobian("X⁻¹", f"{COOKBOOK} 60", "inv(X)", "X: n n", "X",
             lambda X: -np.einsum("ik,lj->ijkl", inv(X), inv(X)), stacked=lambda X: -np.kron(inv(X).T, inv(X)),
             text="−X⁻ᵀ ⊗ X⁻¹"),
    jacobian("(A + tB)⁻¹", f"{COOKBOOK} 59", "inv(A + t*B)", "A: n n; B: n n; t:", "t",
             "-inv(A + t*B)*B*inv(A + t*B)", "−(A + t B)⁻¹B(A + t B)⁻¹"),
    jacobian("A⁻¹ for A = tB", f"{COOKBOOK} 59", "inv(t*B)", "B: n n; t:", "t", "-inv(t*B)*B*inv(t*B)",
             text="−(t B)⁻¹B(t B)⁻¹"),
    gradient("aᵀX⁻¹b", f"{COOKBOOK} 61", "a'*inv(X)*b", "a: n; X: n n; b: n", "X", "-inv(X)'*a*b'*inv(X)'",
             "−X⁻ᵀ a bᵀ X⁻ᵀ"),
    gradient("aᵀX⁻ᵀb", f"{COOKBOOK} 61, transposed", "a'*inv(X')*b", "a: n; X: n n; b: n", "X",
             "-inv(X)'*b*a'*inv(X)'", "−X⁻ᵀ b aᵀ X⁻ᵀ"),
    gradient("tr AX⁻¹B", f"{COOKBOOK} 63", "tr(A*inv(X)*B)", "A: m n; X: n n; B: n m", "X",
             "-(inv(X)*B*A*inv(X))'", "−X⁻ᵀAᵀBᵀX⁻ᵀ"),
    gradient("tr (X + A)⁻¹", f"{COOKBOOK} 64", "tr(inv(X + A))", "X: n n; A: n n", "X",
             "-(inv(X + A)*inv(X + A))'", "−((A + X)⁻²)ᵀ"),
    gradient("xᵀX⁻¹x", f"{COOKBOOK} 61, matrix fractional function", "x'*inv(X)*x", "x: n; X: n n spd", "X",
             "-inv(X)*x*x'*inv(X)", "−X⁻¹ x xᵀ X⁻¹"),
    gradient("xᵀX⁻¹x by x", "Boyd & Vandenberghe, example 3.4", "x'*inv(X)*x", "x: n; X: n n spd", "x", "2*inv(X)*x",
             "2X⁻¹x"),
    hessian("xᵀX⁻¹x by x", "Boyd & Vandenberghe, example 3.4", "x'*inv(X)*x", "x: n; X: n n spd", "x", "2*inv(X)",
            "2X⁻¹"),
    jacobian("X⁻¹b", GOLUB, "inv(X)*b", "X: n n; b: n", "X", lambda X, b: -np.einsum("ik,l->ikl", inv(X), inv(X) @ b),
             text="−(X⁻¹b)ᵀ ⊗ X⁻¹"),
    jacobian("X⁻¹b by b", GOLUB, "inv(X)*b", "X: n n; b: n", "b", "inv(X)", "X⁻¹"),
    jacobian("AX⁻¹B", MAGNUS, "A*inv(X)*B", "A: m n; X: n n; B: n p", "X",
             lambda A, X, B: -np.einsum("ik,lj->ijkl", A @ inv(X), inv(X) @ B),
             stacked=lambda A, X, B: -np.kron((inv(X) @ B).T, A @ inv(X)), text="−BᵀX⁻ᵀ ⊗ AX⁻¹"),
    jacobian("X⁻²", MAGNUS, "inv(X)^2", "X: n n", "X",
             lambda X: -np.einsum("ik,lj->ijkl", inv(X), inv(X) @ inv(X)) - np.einsum("ik,lj->ijkl", inv(X) @ inv(X),
             inv(X)), text="−((X⁻²)ᵀ ⊗ X⁻¹ + X⁻ᵀ ⊗ X⁻²)"),
    jacobian("(XᵀX)⁻¹", MAGNUS, "inv(X'*X)", "X: m n", "X",
             lambda X: -np.einsum("il,kj->ijkl", inv(X.T @ X), X @ inv(X.T @ X))
             - np.einsum("ik,lj->ijkl", inv(X.T @ X) @ X.T, inv(X.T @ X)),
             text="−((SXᵀ ⊗ S)K + S ⊗ SXᵀ)\nwhere S = (XᵀX)⁻¹\n      K vec(X) = vec(Xᵀ)"),
    gradient("‖X⁻¹b‖²", "chain rule on Cookbook 61", "norm2(inv(X)*b)^2", "X: n n; b: n", "X",
             "-2*inv(X)'*inv(X)*b*b'*inv(X)'", "−2X⁻ᵀX⁻¹ b bᵀ X⁻ᵀ"),
    gradient("aᵀ(XᵀX)⁻¹a", "Golub & Van Loan 5.3.8", "a'*inv(X'*X)*a", "X: m n; a: n", "X",
             "-2*X*inv(X'*X)*a*a'*inv(X'*X)", "−2X(XᵀX)⁻¹a aᵀ(XᵀX)⁻¹"),
    gradient("yᵀX(XᵀX)⁻¹Xᵀy by y", "projection: Golub & Van Loan 2.5.1", "y'*X*inv(X'*X)*X'*y", "X: m n; y: m", "y",
             "2*X*inv(X'*X)*X'*y", "2X(XᵀX)⁻¹Xᵀy"),
    jacobian("(A + λI)⁻¹b by λ", "ridge path: Golub & Van Loan 6.1.4", "inv(A + c*I)*b", "A: n n; c:; b: n", "c",
             "-inv(A + c*I)*inv(A + c*I)*b", "−(A + c I)⁻²b"),
    jacobian("(A + λI)⁻¹", "derivative of the resolvent", "inv(A - c*I)", "A: n n; c:", "c",
             "inv(A - c*I)^2", "(A − c I)⁻²"),
    gradient("aᵀ diag(x)⁻¹ b", "inverse of a diagonal matrix", "a'*inv(diag(x))*b", "a: n; x: n; b: n", "x",
             "-(a .* b ./ (x .* x))"),
    gradient("aᵀX⁻¹b + bᵀX⁻¹a", "Cookbook 61", "a'*inv(X)*b + b'*inv(X)*a", "a: n; b: n; X: n n", "X",
             "-inv(X)'*(a*b' + b*a')*inv(X)'", "−X⁻ᵀ(a bᵀ + b aᵀ)X⁻ᵀ"),
    gradient("Woodbury: aᵀ(A + UVᵀ)⁻¹b", "Golub & Van Loan 2.1.4", "a'*inv(A + U*V')*b",
             "a: n; A: n n; U: n k; V: n k; b: n", "U", "-inv(A + U*V')'*a*b'*inv(A + U*V')'*V",
             "−(A + UVᵀ)⁻ᵀa bᵀ(A + UVᵀ)⁻ᵀV"),
    hessian("aᵀX⁻¹b", "Cookbook 61, twice", "a'*inv(X)*b", "a: n; X: n n; b: n", "X",
            lambda a, X, b: np.einsum("jk,l,i->ijkl", inv(X), inv(X) @ b, inv(X).T @ a)
            + np.einsum("li,j,k->ijkl", inv(X), inv(X) @ b, inv(X).T @ a),
             text="(X⁻¹ b aᵀ X⁻¹ ⊗ X⁻ᵀ + X⁻¹ ⊗ X⁻ᵀ a bᵀ X⁻ᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    gradient("tr AX⁺", "Golub & Pereyra (1973), eq. 4.12", lambda A, X: np.trace(A @ np.linalg.pinv(X)),
             "A: m n; X: m n", "X", lambda A, X: by_pseudo_inverse(A, X, np.linalg.pinv(X))),
    # eigenvalues through trace and determinant
    gradient("sum of eigenvalues", f"{EIGEN} 66", "tr(X)", "X: n n", "X", lambda X: np.eye(len(X)), "I"),
    gradient("product of eigenvalues", f"{EIGEN} 67", "det(X)", "X: n n", "X", "det(X)*inv(X)'", "adj(X)ᵀ"),
    gradient("sum of squared eigenvalues", f"{EIGEN} 66 for X²", lambda X: np.trace(X @ X), "X: n n", "X", "2*X'",
             "2Xᵀ"),
    gradient("sum of eigenvalues of a symmetric matrix", f"{EIGEN} 66",
             lambda X: np.sum(np.linalg.eigvalsh((X + X.T) / 2)), "X: n n", "X", lambda X: np.eye(len(X))),
    gradient("largest eigenvalue", "Magnus & Neudecker, ch. 9, scalar functions of a matrix: eigenvalue",
             lambda X: np.linalg.eigvalsh((X + X.T) / 2)[-1], "X: n n", "X",
             lambda X: np.outer(np.linalg.eigh((X + X.T) / 2)[1][:, -1], np.linalg.eigh((X + X.T) / 2)[1][:, -1])),
]  # fmt: skip
