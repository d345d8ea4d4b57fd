"""Derivatives of determinants and their logarithms."""

from __future__ import annotations

import numpy as np

from identities.identity import gradient, hessian

COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012)"
LINEAR, SQUARE, OTHER = (f"{COOKBOOK} 2.1.{k}, eq." for k in (2, 3, 4))
GENERAL = f"{COOKBOOK} 2.1.1, eq."
MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 9, scalar functions of a matrix: determinant"
MAGNUS_HESSIAN = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 10, Hessians of scalar functions"
BOYD = "Boyd & Vandenberghe, Convex Optimization, A.4.1"

inv, det = np.linalg.inv, np.linalg.det

IDENTITIES = [
    # linear forms
    gradient("det X", f"{LINEAR} 49", "det(X)", "X: n n", "X", "det(X)*inv(X)'", "adj(X)ᵀ"),
    gradient("det AXB", f"{LINEAR} 51", "det(A*X*B)", "A: n n; X: n n; B: n n", "X", "det(A*X*B)*inv(X)'",
             text="Aᵀ adj(AXB)ᵀ Bᵀ"),
    gradient("det Xᵀ", f"{LINEAR} 49", "det(X')", "X: n n", "X", "det(X)*inv(X)'", "adj(X)ᵀ"),
    gradient("det cX by c", f"{GENERAL} 46", "det(c*X)", "c:; X: n n", "c", "det(c*X)*tr(inv(c*X)*X)",
             text="tr(X adj(c X))"),
    gradient("det (A + tB)", f"{GENERAL} 46", "det(A + t*B)", "A: n n; B: n n; t:", "t",
             "det(A + t*B)*tr(inv(A + t*B)*B)"),
    hessian("det (A + tB)", f"{GENERAL} 48", "det(A + t*B)", "A: n n; B: n n; t:", "t",
            "det(A + t*B)*(tr(inv(A + t*B)*B)^2 - tr(inv(A + t*B)*B*inv(A + t*B)*B))"),
    gradient("log |det (A + tB)|", "Cookbook 43 with a number as variable", "logdet(A + t*B)", "A: n n; B: n n; t:",
             "t", "tr(inv(A + t*B)*B)"),
    hessian("log |det (A + tB)|", "Cookbook 43 and 59", "logdet(A + t*B)", "A: n n; B: n n; t:", "t",
            "-tr(inv(A + t*B)*B*inv(A + t*B)*B)"),
    # square forms
    gradient("det XᵀAX, X square", f"{SQUARE} 52", "det(X'*A*X)", "X: n n; A: n n", "X",
             "2*det(X'*A*X)*inv(X)'", text="AX adj(XᵀAX) + AᵀX adj(XᵀAX)ᵀ"),
    gradient("det XᵀAX, A symmetric", f"{SQUARE} 53", "det(X'*A*X)", "X: m n; A: m m symmetric", "X",
             "2*det(X'*A*X)*A*X*inv(X'*A*X)", "2AX adj(XᵀAX)"),
    gradient("det XᵀAX", f"{SQUARE} 54", "det(X'*A*X)", "X: m n; A: m m", "X",
             "det(X'*A*X)*(A*X*inv(X'*A*X) + A'*X*inv(X'*A'*X))", text="AX adj(XᵀAX) + AᵀX adj(XᵀAX)ᵀ"),
    gradient("det XᵀX", MAGNUS, "det(X'*X)", "X: m n", "X", "2*det(X'*X)*X*inv(X'*X)", "2X adj(XᵀX)"),
    gradient("det XXᵀ", MAGNUS, "det(X*X')", "X: m n", "X", "2*det(X*X')*inv(X*X')*X", "2 adj(XXᵀ) X"),
    gradient("det X²", f"{OTHER} 58", "det(X^2)", "X: n n", "X", "2*det(X)^2*inv(X)'"),
    gradient("det X³", f"{OTHER} 58", "det(X^3)", "X: n n", "X", "3*det(X^3)*inv(X)'"),
    gradient("(det X)²", "chain rule on Cookbook 49", "det(X)^2", "X: n n", "X", "2*det(X)^2*inv(X)'",
             "2 det(X) adj(X)ᵀ"),
    gradient("det X⁻¹", f"{COOKBOOK} 2.2, eq. 62", "det(inv(X))", "X: n n", "X", "-det(inv(X))*inv(X)'",
             "−det(X⁻¹) X⁻ᵀ"),
    gradient("1/det X", f"{COOKBOOK} 2.2, eq. 62", "1/det(X)", "X: n n", "X", "-inv(X)'/det(X)", "−X⁻ᵀ/det(X)"),
    # logarithms
    gradient("log |det X|", f"{OTHER} 57", "logdet(X)", "X: n n", "X", "inv(X)'", "X⁻ᵀ"),
    gradient("log det X", f"{OTHER} 57", "log(det(X))", "X: n n", "X", "inv(X)'", "X⁻ᵀ"),
    gradient("log |det XᵀX|", f"{OTHER} 55, X of full column rank", "logdet(X'*X)", "X: m n", "X",
             "2*X*inv(X'*X)", "2X(XᵀX)⁻¹"),
    gradient("log det XᵀX", f"{OTHER} 55, X of full column rank", "log(det(X'*X))", "X: m n", "X",
             "2*X*inv(X'*X)", "2X(XᵀX)⁻¹"),
    gradient("log |det XXᵀ|", MAGNUS, "logdet(X*X')", "X: m n", "X", "2*inv(X*X')*X", "2(XXᵀ)⁻¹X"),
    gradient("log |det AXB|", "Cookbook 51 and 57", "logdet(A*X*B)", "A: n n; X: n n; B: n n", "X", "inv(X)'",
             text="Aᵀ(AXB)⁻ᵀBᵀ"),
    gradient("log |det X|, X spd", BOYD, "logdet(X)", "X: n n spd", "X", "inv(X)", "X⁻¹"),
    gradient("log |det (X + A)|", "chain rule on Cookbook 57", "logdet(X + A)", "X: n n; A: n n", "X",
             "inv(X + A)'", "(A + X)⁻ᵀ"),
    gradient("log |det (I + XᵀX)|", "Cookbook 43; capacity of a channel", "logdet(I + X'*X)", "X: m n", "X",
             "2*X*inv(I + X'*X)", "2X(XᵀX + I)⁻¹"),
    gradient("log |det (X diag(w) Xᵀ)|", "D-optimal design: Boyd & Vandenberghe 7.5", "logdet(X*diag(w)*X')",
             "X: n m; w: m", "w", "diag(X'*inv(X*diag(w)*X')*X)", "diagvec(Xᵀ(X diag(w) Xᵀ)⁻¹X)"),
    gradient("log |det X⁻¹|", "Cookbook 62", "logdet(inv(X))", "X: n n", "X", "-inv(X)'", "−X⁻ᵀ"),
    gradient("(log |det X|)²", "chain rule on Cookbook 57", "logdet(X)^2", "X: n n", "X", "2*logdet(X)*inv(X)'",
             "2(log |det X|) X⁻ᵀ"),
    gradient("√det X", "chain rule on Cookbook 49", "sqrt(det(X))", "X: n n", "X", "sqrt(det(X))/2*inv(X)'",
             text="adj(X)ᵀ/(2√det(X))"),
    gradient("det X tr X", "product rule", "det(X)*tr(X)", "X: n n", "X", "det(X)*(tr(X)*inv(X)' + I)",
             text="det(X) I + tr(X) adj(X)ᵀ"),
    gradient("log |det X| − tr AX", "Wishart log density", "logdet(X) - tr(A*X)", "X: n n; A: n n", "X", "inv(X)' - A'",
             "X⁻ᵀ − Aᵀ"),
    gradient("det (I + a xᵀ)", "matrix determinant lemma", "det(I + a*x')", "a: n; x: n", "x", "a"),
    gradient("log |det (I + xxᵀ)|", "matrix determinant lemma", "logdet(I + x*x')", "x: n", "x", "2*x/(1 + x'*x)"),
    # Hessians
    hessian("log |det X|", MAGNUS_HESSIAN, "logdet(X)", "X: n n", "X",
            lambda X: -np.einsum("jk,li->ijkl", inv(X), inv(X)), text="−(X⁻¹ ⊗ X⁻ᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("log det X", MAGNUS_HESSIAN, "log(det(X))", "X: n n", "X",
            lambda X: -np.einsum("jk,li->ijkl", inv(X), inv(X)), text="−(X⁻¹ ⊗ X⁻ᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("det X", MAGNUS_HESSIAN, "det(X)", "X: n n", "X",
            lambda X: det(X) * (np.einsum("ji,lk->ijkl", inv(X), inv(X)) - np.einsum("jk,li->ijkl", inv(X), inv(X))),
             text="det(X) (vec(X⁻ᵀ) vec(X⁻ᵀ)ᵀ − (X⁻¹ ⊗ X⁻ᵀ)K)\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("log |det (X + A)|", MAGNUS_HESSIAN, "logdet(X + A)", "X: n n; A: n n", "X",
            lambda X, A: -np.einsum("jk,li->ijkl", inv(X + A), inv(X + A)),
             text="−((A + X)⁻¹ ⊗ (A + X)⁻ᵀ)K\nwhere K vec(X) = vec(Xᵀ)"),
    hessian("log |det XᵀX|", MAGNUS_HESSIAN, "logdet(X'*X)", "X: m n", "X",
            lambda X: 2 * (np.einsum("ik,jl->ijkl", np.eye(X.shape[0]) - X @ inv(X.T @ X) @ X.T, inv(X.T @ X))
                           - np.einsum("il,kj->ijkl", X @ inv(X.T @ X), X @ inv(X.T @ X))),
             text="2S ⊗ (I − XSXᵀ) − 2(SXᵀ ⊗ XS)K\nwhere S = (XᵀX)⁻¹\n      K vec(X) = vec(Xᵀ)"),
    hessian("log |det (X diag(w) Xᵀ)|", "D-optimal design: Boyd & Vandenberghe 7.5", "logdet(X*diag(w)*X')",
            "X: n m; w: m", "w", "-(X'*inv(X*diag(w)*X')*X) .* (X'*inv(X*diag(w)*X')*X)'"),
]  # fmt: skip
