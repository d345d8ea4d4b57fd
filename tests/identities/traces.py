"""Derivatives of traces: of first, second and higher order, and with inverses."""

from __future__ import annotations

import numpy as np

from identities.identity import gradient, hessian

COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012)"
FIRST, SECOND, HIGHER, OTHER = (f"{COOKBOOK} 2.5.{k}, eq." for k in (1, 2, 3, 4))
MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 9, scalar functions of a matrix: trace"
MAGNUS_HESSIAN = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 10, Hessians of scalar functions"

IDENTITIES = [
    # of first order
    gradient("tr X", f"{FIRST} 99", "tr(X)", "X: n n", "X", lambda X: np.eye(len(X)), "I"),
    gradient("tr XA", f"{FIRST} 100", "tr(X*A)", "X: m n; A: n m", "X", "A'", "Aᵀ"),
    gradient("tr AXB", f"{FIRST} 101", "tr(A*X*B)", "A: k m; X: m n; B: n k", "X", "A'*B'", "AᵀBᵀ"),
    gradient("tr AXᵀB", f"{FIRST} 102", "tr(A*X'*B)", "A: k n; X: m n; B: m k", "X", "B*A", "BA"),
    gradient("tr XᵀA", f"{FIRST} 103", "tr(X'*A)", "X: m n; A: m n", "X", "A", "A"),
    gradient("tr AXᵀ", f"{FIRST} 104", "tr(A*X')", "X: m n; A: m n", "X", "A", "A"),
    gradient(
        "tr A⊗X", f"{FIRST} 105", lambda A, X: np.trace(A) * np.trace(X), "A: m m; X: n n", "X",
        lambda A, X: np.trace(A) * np.eye(len(X)), "tr(A) I",
    ),
    gradient("tr AX + tr XB", "linearity of the trace", "tr(A*X) + tr(X*B)", "A: n m; X: m n; B: n m", "X",
             "A' + B'", "Aᵀ + Bᵀ"),
    gradient("tr A(X + B)", "linearity of the trace", "tr(A*(X + B))", "A: n m; X: m n; B: m n", "X", "A'", "Aᵀ"),
    gradient("c tr XA", "linearity of the trace", "c*tr(X*A)", "c:; X: m n; A: n m", "X", "c*A'", "c Aᵀ"),
    gradient("c tr XA by c", "linearity of the trace", "c*tr(X*A)", "c:; X: m n; A: n m", "c", "tr(A*X)", "tr(AX)"),
    # of second order
    gradient("tr X²", f"{SECOND} 106", "tr(X^2)", "X: n n", "X", "2*X'", "2Xᵀ"),
    gradient("tr X²B", f"{SECOND} 107", "tr(X^2*B)", "X: n n; B: n n", "X", "(X*B + B*X)'", "BᵀXᵀ + XᵀBᵀ"),
    gradient("tr XᵀBX", f"{SECOND} 108", "tr(X'*B*X)", "X: m n; B: m m", "X", "B*X + B'*X", "(B + Bᵀ)X"),
    gradient("tr BXXᵀ", f"{SECOND} 109", "tr(B*X*X')", "X: m n; B: m m", "X", "B*X + B'*X", "(B + Bᵀ)X"),
    gradient("tr XXᵀB", f"{SECOND} 110", "tr(X*X'*B)", "X: m n; B: m m", "X", "B*X + B'*X", "(B + Bᵀ)X"),
    gradient("tr XBXᵀ", f"{SECOND} 111", "tr(X*B*X')", "X: m n; B: n n", "X", "X*B' + X*B", "X(B + Bᵀ)"),
    gradient("tr BXᵀX", f"{SECOND} 112", "tr(B*X'*X)", "X: m n; B: n n", "X", "X*B' + X*B", "X(B + Bᵀ)"),
    gradient("tr XᵀXB", f"{SECOND} 113", "tr(X'*X*B)", "X: m n; B: n n", "X", "X*B' + X*B", "X(B + Bᵀ)"),
    gradient("tr AXBX", f"{SECOND} 114", "tr(A*X*B*X)", "A: n m; X: m n; B: n m", "X", "A'*X'*B' + B'*X'*A'",
             "AᵀXᵀBᵀ + BᵀXᵀAᵀ"),
    gradient("tr XᵀX", f"{SECOND} 115", "tr(X'*X)", "X: m n", "X", "2*X", "2X"),
    gradient("tr BᵀXᵀCXB", f"{SECOND} 116", "tr(B'*X'*C*X*B)", "B: n p; X: m n; C: m m", "X",
             "C'*X*B*B' + C*X*B*B'", "(C + Cᵀ)XBBᵀ"),
    gradient("tr XᵀBXC", f"{SECOND} 117", "tr(X'*B*X*C)", "X: m n; B: m m; C: n n", "X", "B*X*C + B'*X*C'",
             "BXC + BᵀXCᵀ"),
    gradient("tr AXBXᵀC", f"{SECOND} 118", "tr(A*X*B*X'*C)", "A: k m; X: m n; B: n n; C: m k", "X",
             "A'*C'*X*B' + C*A*X*B", "AᵀCᵀXBᵀ + CAXB"),
    gradient("tr (AXB + C)(AXB + C)ᵀ", f"{SECOND} 119", "tr((A*X*B + C)*(A*X*B + C)')",
             "A: k m; X: m n; B: n p; C: k p", "X", "2*A'*(A*X*B + C)*B'", "2Aᵀ(AXB + C)Bᵀ"),
    gradient("tr X⊗X", f"{SECOND} 120", "tr(X)^2", "X: n n", "X",
             lambda X: 2 * np.trace(X) * np.eye(len(X)), "2 tr(X) I"),
    gradient("tr AXBᵀXᵀ, like terms", MAGNUS, "tr(X*A*X'*B)", "X: m n; A: n n; B: m m", "X", "B'*X*A' + B*X*A",
             "BXA + BᵀXAᵀ"),
    gradient("tr XAXB, Magnus", MAGNUS, "tr(X*A*X*B)", "X: m n; A: n m; B: n m", "X", "B'*X'*A' + A'*X'*B'",
             "AᵀXᵀBᵀ + BᵀXᵀAᵀ"),
    gradient("tr (X + A)ᵀ(X + A)", "chain rule on Cookbook 115", "tr((X + A)'*(X + A))", "X: m n; A: m n", "X",
             "2*(X + A)", "2(A + X)"),
    gradient("tr (X ⊙ A)B", "Hadamard product moves under the trace", "tr((X .* A)*B)", "X: m n; A: m n; B: n m", "X",
             "A .* B'", "A ⊙ Bᵀ"),
    gradient("tr Xᵀ(X ⊙ A)", "Hadamard product moves under the trace", "tr(X'*(X .* A))", "X: m n; A: m n", "X",
             "2*(A .* X)", "2A ⊙ X"),
    # of higher order
    gradient("tr X³", f"{HIGHER} 121", "tr(X^3)", "X: n n", "X", "3*(X^2)'", "3(X²)ᵀ"),
    gradient("tr X⁴", f"{HIGHER} 121", "tr(X^4)", "X: n n", "X", "4*(X^3)'", "4(X³)ᵀ"),
    gradient("tr AX²", f"{HIGHER} 122", "tr(A*X^2)", "A: n n; X: n n", "X", "(A*X + X*A)'", "AᵀXᵀ + XᵀAᵀ"),
    gradient("tr AX³", f"{HIGHER} 122", "tr(A*X^3)", "A: n n; X: n n", "X",
             "(A*X*X + X*A*X + X*X*A)'"),
    gradient("tr BᵀXᵀCXXᵀCXB", f"{HIGHER} 123", "tr(B'*X'*C*X*X'*C*X*B)", "B: n p; X: m n; C: m m", "X",
             "C*X*X'*C*X*B*B' + C'*X*B*B'*X'*C'*X + C*X*B*B'*X'*C*X + C'*X*X'*C'*X*B*B'"),
    gradient("tr (XᵀX)²", "Cookbook 115 and 121", "tr((X'*X)^2)", "X: m n", "X", "4*X*X'*X", "4XXᵀX"),
    gradient("tr (XXᵀ)²", "Cookbook 115 and 121", "tr((X*X')^2)", "X: m n", "X", "4*X*X'*X", "4XXᵀX"),
    # others
    gradient("tr AX⁻¹B", f"{OTHER} 124", "tr(A*inv(X)*B)", "A: m n; X: n n; B: n m", "X",
             "-inv(X)'*A'*B'*inv(X)'", "−X⁻ᵀAᵀBᵀX⁻ᵀ"),
    gradient("tr (XᵀCX)⁻¹A", f"{OTHER} 125", "tr(inv(X'*C*X)*A)", "X: m n; C: m m symmetric; A: n n", "X",
             "-C*X*inv(X'*C*X)*(A + A')*inv(X'*C*X)", "−CX(XᵀCX)⁻¹(A + Aᵀ)(XᵀCX)⁻¹"),
    gradient("tr (XᵀCX)⁻¹(XᵀBX)", f"{OTHER} 126", "tr(inv(X'*C*X)*(X'*B*X))",
             "X: m n; C: m m symmetric; B: m m symmetric", "X",
             "-2*C*X*inv(X'*C*X)*X'*B*X*inv(X'*C*X) + 2*B*X*inv(X'*C*X)", text="2(B − CX(XᵀCX)⁻¹XᵀB)X(XᵀCX)⁻¹"),
    gradient("tr (A + XᵀCX)⁻¹(XᵀBX)", f"{OTHER} 127", "tr(inv(A + X'*C*X)*(X'*B*X))",
             "X: m n; A: n n symmetric; C: m m symmetric; B: m m symmetric", "X",
             "-2*C*X*inv(A + X'*C*X)*X'*B*X*inv(A + X'*C*X) + 2*B*X*inv(A + X'*C*X)",
             text="2(B − CX(XᵀCX + A)⁻¹XᵀB)X(XᵀCX + A)⁻¹"),
    gradient("tr sin X, entrywise", f"{OTHER} 128 (entrywise)", "tr(sin(X))", "X: n n", "X",
             lambda X: np.diag(np.cos(np.diag(X))), "diag(diagvec(cos(X)))"),
    gradient("tr X⁻¹", "Cookbook 64 with A = 0", "tr(inv(X))", "X: n n", "X", "-(inv(X)^2)'", "−(X⁻²)ᵀ"),
    gradient("tr X⁻²", "chain rule on Cookbook 59", "tr(inv(X)^2)", "X: n n", "X", "-2*(inv(X)^3)'", "−2(X⁻³)ᵀ"),
    # Hessians
    hessian("tr XA", MAGNUS_HESSIAN, "tr(X*A)", "X: m n; A: n m", "X",
            lambda X: np.zeros((*X.shape, *X.shape)), "0"),
    hessian("tr XᵀX", MAGNUS_HESSIAN, "tr(X'*X)", "X: m n", "X",
            lambda X: 2 * np.einsum("ik,jl->ijkl", np.eye(X.shape[0]), np.eye(X.shape[1])), stacked=lambda X:
            2 * np.eye(X.size), text="2I"),
    hessian("tr X²", MAGNUS_HESSIAN, "tr(X^2)", "X: n n", "X",
            lambda X: 2 * np.einsum("il,jk->ijkl", np.eye(len(X)), np.eye(len(X))),
             text="2K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("tr AXBXᵀ", MAGNUS_HESSIAN, "tr(A*X*B*X')", "A: m m; X: m n; B: n n", "X",
            lambda A, B: np.einsum("ik,lj->ijkl", A, B) + np.einsum("ki,jl->ijkl", A, B),
            stacked=lambda A, B: np.kron(B.T, A) + np.kron(B, A.T), text="B ⊗ Aᵀ + Bᵀ ⊗ A"),
    hessian("tr AXBX", MAGNUS_HESSIAN, "tr(A*X*B*X)", "A: n m; X: m n; B: n m", "X",
            lambda A, B: np.einsum("li,jk->ijkl", A, B) + np.einsum("jk,li->ijkl", A, B),
             text="(A ⊗ Bᵀ + B ⊗ Aᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("tr (AXB + C)(AXB + C)ᵀ", MAGNUS_HESSIAN, "tr((A*X*B + C)*(A*X*B + C)')",
            "A: k m; X: m n; B: n p; C: k p", "X",
            lambda A, B: 2 * np.einsum("ik,jl->ijkl", A.T @ A, B @ B.T),
            stacked=lambda A, B: 2 * np.kron(B @ B.T, A.T @ A), text="2 BBᵀ ⊗ AᵀA"),
    hessian("tr X³", MAGNUS_HESSIAN, "tr(X^3)", "X: n n", "X",
            lambda X: 3 * np.einsum("il,jk->ijkl", np.eye(len(X)), X) + 3 * np.einsum("li,jk->ijkl", X,
            np.eye(len(X)))),
    hessian("tr X⁻¹", MAGNUS_HESSIAN, "tr(inv(X))", "X: n n", "X",
            lambda X: np.einsum("jk,li->ijkl", np.linalg.inv(X), np.linalg.inv(X) @ np.linalg.inv(X))
            + np.einsum("li,jk->ijkl", np.linalg.inv(X), np.linalg.inv(X) @ np.linalg.inv(X)),
             text="(X⁻² ⊗ X⁻ᵀ + X⁻¹ ⊗ (X⁻²)ᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("tr (XᵀX)²", "chain rule on Cookbook 115", "tr((X'*X)^2)", "X: m n", "X",
            lambda X: 4 * (np.einsum("ik,lj->ijkl", np.eye(X.shape[0]), X.T @ X) + np.einsum("il,kj->ijkl", X, X)
                           + np.einsum("ik,jl->ijkl", X @ X.T, np.eye(X.shape[1]))),
             text="4(I ⊗ XXᵀ + (Xᵀ ⊗ X)K + XᵀX ⊗ I)\nwhere K vec(X) = vec(Xᵀ)"),
]  # fmt: skip
