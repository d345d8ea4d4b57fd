"""Derivatives of one- and two-layer networks in every weight, and of attention."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

from identities.identity import gradient, hessian, jacobian

GOODFELLOW = "Goodfellow, Bengio & Courville, Deep Learning 6.5"
BISHOP = "Bishop, Pattern Recognition and Machine Learning 5.3"
VASWANI = "Vaswani et al. (2017), scaled dot-product attention"

ONE = "W: k n; x: n; b: k; y: k"
TWO = "V: p k; W: k n; x: n; b: k; c: p; y: p"
TWO_LAYERS = "norm2(V*tanh(W*x + b) + c - y)^2"
SCALAR_OUT = "v: k; W: k n; x: n; b: k"


def attention(q, K, v):
    """The value that a query gets from keys (rows of K) and values v."""
    return softmax(K @ q) @ v


def attention_weights(q, K):
    return softmax(K @ q)


def attention_by_query(q, K, v):
    p = softmax(K @ q)
    return K.T @ (p * (v - p @ v))


def attention_by_keys(q, K, v):
    p = softmax(K @ q)
    return np.outer(p * (v - p @ v), q)


IDENTITIES = [
    # one layer
    jacobian("Wx + b by x", GOODFELLOW, "W*x + b", ONE.removesuffix("; y: k"), "x", "W", "W"),
    jacobian("Wx + b by b", GOODFELLOW, "W*x + b", ONE.removesuffix("; y: k"), "b",
             lambda b: np.eye(len(b)), "I"),
    jacobian("Wx by W", GOODFELLOW, "W*x", "W: k n; x: n", "W",
             lambda W, x: np.einsum("ik,l->ikl", np.eye(len(W)), x)),
    jacobian("tanh(Wx + b) by x", BISHOP, "tanh(W*x + b)", ONE.removesuffix("; y: k"), "x",
             "diag(1 - tanh(W*x + b).^2)*W", "diag(1 − tanh²(Wx + b)) W"),
    jacobian("tanh(Wx + b) by W", BISHOP, "tanh(W*x + b)", ONE.removesuffix("; y: k"), "W",
             lambda W, x, b: np.einsum("ik,i,l->ikl", np.eye(len(W)), 1 - np.tanh(W @ x + b) ** 2, x)),
    jacobian("σ(Wx) by x", BISHOP, "sigmoid(W*x)", "W: k n; x: n", "x",
             "diag(sigmoid(W*x) .* (1 - sigmoid(W*x)))*W", "diag(p ⊙ (1 − p)) W\nwhere p = σ(Wx)"),
    gradient("vᵀtanh(Wx + b) by v", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "v", "tanh(W*x + b)", "tanh(Wx + b)"),
    gradient("vᵀtanh(Wx + b) by W", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "W",
             "(v .* (1 - tanh(W*x + b).^2))*x'", "(v ⊙ (1 − tanh²(Wx + b)))xᵀ"),
    gradient("vᵀtanh(Wx + b) by b", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "b",
             "v .* (1 - tanh(W*x + b).^2)", "v ⊙ (1 − tanh²(Wx + b))"),
    gradient("vᵀtanh(Wx + b) by x", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "x",
             "W'*(v .* (1 - tanh(W*x + b).^2))", "Wᵀ(v ⊙ (1 − tanh²(Wx + b)))"),
    gradient("‖tanh(Wx) − y‖² by W", BISHOP, "norm2(tanh(W*x) - y)^2", "W: k n; x: n; y: k", "W",
             "2*((tanh(W*x) - y) .* (1 - tanh(W*x).^2))*x'", "2((1 − tanh²(Wx)) ⊙ (tanh(Wx) − y))xᵀ"),
    gradient("‖Wx + b − y‖² by W", GOODFELLOW, "norm2(W*x + b - y)^2", ONE, "W", "2*(W*x + b - y)*x'",
             "2(Wx + b − y)xᵀ"),
    gradient("‖Wx + b − y‖² by b", GOODFELLOW, "norm2(W*x + b - y)^2", ONE, "b", "2*(W*x + b - y)", "2(Wx + b − y)"),
    gradient("vᵀrelu(Wx) by W", GOODFELLOW, "v'*relu(W*x)", "v: k; W: k n; x: n", "W",
             lambda v, W, x: np.outer(v * (W @ x > 0), x)),
    gradient("vᵀσ(Wx) by x", BISHOP, "v'*sigmoid(W*x)", "v: k; W: k n; x: n", "x",
             "W'*(v .* sigmoid(W*x) .* (1 - sigmoid(W*x)))", "Wᵀ(v ⊙ p ⊙ (1 − p))\nwhere p = σ(Wx)"),
    gradient("vᵀexp(Wx) by W", "exponential network", "v'*exp(W*x)", "v: k; W: k n; x: n", "W", "(v .* exp(W*x))*x'",
             "(v ⊙ exp(Wx))xᵀ"),
    gradient("Σ softplus(Wx + b) by W", GOODFELLOW, "sum(softplus(W*x + b))", ONE.removesuffix("; y: k"), "W",
             "sigmoid(W*x + b)*x'", "σ(Wx + b) xᵀ"),
    gradient("one layer, all examples", GOODFELLOW, "normF(tanh(X*W) - Y)^2", "X: m n; W: n k; Y: m k", "W",
             "2*X'*((1 - tanh(X*W).^2) .* (tanh(X*W) - Y))", "2Xᵀ((1 − tanh²(XW)) ⊙ (tanh(XW) − Y))"),
    # two layers
    gradient("two layers by V", BISHOP, TWO_LAYERS, TWO, "V", "2*(V*tanh(W*x + b) + c - y)*tanh(W*x + b)'",
             text="2(V tanh(Wx + b) + c − y) tanh(Wx + b)ᵀ"),
    gradient("two layers by c", BISHOP, TWO_LAYERS, TWO, "c", "2*(V*tanh(W*x + b) + c - y)",
             "2(V tanh(Wx + b) + c − y)"),
    gradient("two layers by W", BISHOP, TWO_LAYERS, TWO, "W",
             "2*((1 - tanh(W*x + b).^2) .* (V'*(V*tanh(W*x + b) + c - y)))*x'",
             text="2(Vᵀ(V tanh(Wx + b) + c − y) ⊙ (1 − tanh²(Wx + b)))xᵀ"),
    gradient("two layers by b", BISHOP, TWO_LAYERS, TWO, "b",
             "2*(1 - tanh(W*x + b).^2) .* (V'*(V*tanh(W*x + b) + c - y))",
             text="2 Vᵀ(V tanh(Wx + b) + c − y) ⊙ (1 − tanh²(Wx + b))"),
    gradient("two layers by x", BISHOP, TWO_LAYERS, TWO, "x",
             "2*W'*((1 - tanh(W*x + b).^2) .* (V'*(V*tanh(W*x + b) + c - y)))"),
    gradient("two linear layers by W", GOODFELLOW, "norm2(V*W*x - y)^2", "V: p k; W: k n; x: n; y: p", "W",
             "2*V'*(V*W*x - y)*x'", "2Vᵀ(VWx − y)xᵀ"),
    gradient("two linear layers by V", GOODFELLOW, "norm2(V*W*x - y)^2", "V: p k; W: k n; x: n; y: p", "V",
             "2*(V*W*x - y)*x'*W'", "2(VWx − y)xᵀ Wᵀ"),
    gradient("softmax classifier with a hidden layer, by V", GOODFELLOW,
             "logsumexp(V*tanh(W*x)) - y'*V*tanh(W*x)", "V: p k; W: k n; x: n; y: p", "V",
             "(softmax(V*tanh(W*x)) - y)*tanh(W*x)'", "(softmax(V tanh(Wx)) − y) tanh(Wx)ᵀ"),
    gradient("softmax classifier with a hidden layer, by W", GOODFELLOW,
             "logsumexp(V*tanh(W*x)) - y'*V*tanh(W*x)", "V: p k; W: k n; x: n; y: p", "W",
             "((1 - tanh(W*x).^2) .* (V'*(softmax(V*tanh(W*x)) - y)))*x'",
             "(Vᵀ(softmax(V tanh(Wx)) − y) ⊙ (1 − tanh²(Wx)))xᵀ"),
    gradient("two relu layers by W", GOODFELLOW, lambda v, V, W, x: v @ np.maximum(V @ np.maximum(W @ x, 0), 0),
             "v: p; V: p k; W: k n; x: n", "W",
             lambda v, V, W, x: np.outer((W @ x > 0) * (V.T @ ((V @ np.maximum(W @ x, 0) > 0) * v)), x),
             text="([Wx ≥ 0] ⊙ Vᵀ([V max(Wx, 0) ≥ 0] ⊙ v))xᵀ"),
    gradient("two-layer network, all examples, by W", GOODFELLOW,
             lambda X, W, V, Y: np.sum((np.tanh(X @ W) @ V - Y) ** 2), "X: m n; W: n k; V: k p; Y: m p", "W",
             lambda X, W, V, Y: 2 * X.T @ ((1 - np.tanh(X @ W) ** 2) * ((np.tanh(X @ W) @ V - Y) @ V.T)),
             "2Xᵀ((tanh(XW) V − Y)Vᵀ ⊙ (1 − tanh²(XW)))"),
    # gates, attention, normalisation
    gradient("gate: aᵀ(σ(Wx) ⊙ x)", "Goodfellow et al. 10.10: gated units", "a'*(sigmoid(W*x) .* x)",
             "a: n; W: n n; x: n", "a", "sigmoid(W*x) .* x", "x ⊙ σ(Wx)"),
    gradient("swish: Σ x ⊙ σ(x)", "Ramachandran et al. (2017)", "sum(x .* sigmoid(x))", "x: n", "x",
             "sigmoid(x) + x .* sigmoid(x) .* (1 - sigmoid(x))"),
    gradient("attention by the query", VASWANI, attention, "q: n; K: m n; v: m", "q", attention_by_query,
             text="Kᵀ(p ⊙ (v − pᵀv))\nwhere p = softmax(Kq)"),
    gradient("attention by the keys", VASWANI, attention, "q: n; K: m n; v: m", "K", attention_by_keys,
             text="(p ⊙ (v − pᵀv))qᵀ\nwhere p = softmax(Kq)"),
    gradient("attention by the values", VASWANI, attention, "q: n; K: m n; v: m", "v", attention_weights,
             "softmax(Kq)"),
    gradient("attention with a matrix of values, by V", VASWANI, "u'*V'*softmax(K*q)", "u: p; V: m p; K: m n; q: n",
             "V",
             "softmax(K*q)*u'", "softmax(Kq) uᵀ"),
    jacobian("attention by the query, many values", VASWANI, "V'*softmax(K*q)", "V: m p; K: m n; q: n", "q",
             "V'*(diag(softmax(K*q)) - softmax(K*q)*softmax(K*q)')*K", "Vᵀ(diag(u) − u uᵀ)K\nwhere u = softmax(Kq)"),
    gradient("‖softmax(x)‖²", "collision probability", "norm2(softmax(x))^2", "x: n", "x",
             "2*softmax(x) .* (softmax(x) - norm2(softmax(x))^2)"),
    jacobian("centred and scaled", "layer normalisation: Ba et al. (2016)", "(x - mean(x))/std(x)", "x: n", "x",
             lambda x: (np.eye(len(x)) - 1 / len(x)) / np.std(x)
             - np.outer(x - x.mean(), x - x.mean()) / (len(x) * np.std(x) ** 3)),
    # Hessians
    hessian("vᵀtanh(Wx + b) by x", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "x",
            "-2*W'*diag(v .* tanh(W*x + b) .* (1 - tanh(W*x + b).^2))*W",
            "−2Wᵀ diag(v ⊙ tanh(Wx + b) ⊙ (1 − tanh²(Wx + b))) W"),
    hessian("vᵀtanh(Wx + b) by b", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "b",
            "-2*diag(v .* tanh(W*x + b) .* (1 - tanh(W*x + b).^2))",
            "−2 diag(v ⊙ tanh(Wx + b) ⊙ (1 − tanh²(Wx + b)))"),
    hessian("vᵀtanh(Wx + b) by W", BISHOP, "v'*tanh(W*x + b)", SCALAR_OUT, "W",
            lambda v, W, x, b: -2 * np.einsum("ik,i,j,l->ijkl", np.eye(len(v)),
                                              v * np.tanh(W @ x + b) * (1 - np.tanh(W @ x + b) ** 2), x, x)),
    hessian("‖Wx + b − y‖² by W", GOODFELLOW, "norm2(W*x + b - y)^2", ONE, "W",
            lambda W, x: 2 * np.einsum("ik,j,l->ijkl", np.eye(len(W)), x, x),
            stacked=lambda W, x: 2 * np.kron(np.outer(x, x), np.eye(len(W)))),
    hessian("‖tanh(Wx) − y‖² by W", BISHOP, "norm2(tanh(W*x) - y)^2", "W: k n; x: n; y: k", "W",
            lambda W, x, y: 2 * np.einsum("ik,i,j,l->ijkl", np.eye(len(y)), (1 - np.tanh(W @ x) ** 2)
            * (1 - np.tanh(W @ x) ** 2 - 2 * np.tanh(W @ x) * (np.tanh(W @ x) - y)), x, x)),
    hessian("Σ softplus(Wx) by x", GOODFELLOW, "sum(softplus(W*x))", "W: k n; x: n", "x",
            "W'*diag(sigmoid(W*x) .* (1 - sigmoid(W*x)))*W", "Wᵀ diag(p ⊙ (1 − p)) W\nwhere p = σ(Wx)"),
    hessian("two linear layers by x", GOODFELLOW, "norm2(V*W*x - y)^2", "V: p k; W: k n; x: n; y: p", "x",
            "2*W'*V'*V*W", "2WᵀVᵀVW"),
    hessian("vᵀσ(Wx) by W", BISHOP, "v'*sigmoid(W*x)", "v: k; W: k n; x: n", "W",
            lambda v, W, x: np.einsum("ik,i,j,l->ijkl", np.eye(len(v)), v * expit(W @ x) * (1 - expit(W @ x))
                                      * (1 - 2 * expit(W @ x)), x, x)),
]  # fmt: skip
