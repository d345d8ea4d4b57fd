"""Derivatives of likelihoods, divergences, entropies and of the objectives of multivariate statistics."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, softmax

from identities.identity import gradient, hessian, jacobian

BISHOP = "Bishop, Pattern Recognition and Machine Learning"
MURPHY = "Murphy, Probabilistic Machine Learning: An Introduction"
RASMUSSEN = "Rasmussen & Williams, Gaussian Processes for Machine Learning"
MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus (3rd ed.), ch. 15: maximum likelihood"
COVER = "Cover & Thomas, Elements of Information Theory"
BOYD = "Boyd & Vandenberghe, Convex Optimization"

inv = np.linalg.inv


def mixture(x, u, v):
    """Log density of two Gaussian components of equal weight, constants left out."""
    return np.log(np.exp(-np.sum((x - u) ** 2) / 2) + np.exp(-np.sum((x - v) ** 2) / 2))


def responsibility(x, u, v):
    """Of the first component for x."""
    return softmax(np.array([-np.sum((x - u) ** 2) / 2, -np.sum((x - v) ** 2) / 2]))[0]


def mixture_by_mean(x, u, v):
    return responsibility(x, u, v) * (x - u)


IDENTITIES = [
    # Gaussian
    gradient("Gaussian log likelihood by the mean", f"{BISHOP} eq. 2.120", "-1/2*(x - u)'*inv(S)*(x - u)",
             "x: n; u: n; S: n n spd", "u", "inv(S)*(x - u)", "S⁻¹(x − u)"),
    gradient("Gaussian score", f"{BISHOP} 2.3", "-1/2*(x - u)'*inv(S)*(x - u)", "x: n; u: n; S: n n spd", "x",
             "-inv(S)*(x - u)", "−S⁻¹(x − u)"),
    gradient("Gaussian log likelihood by the covariance", f"{BISHOP} 2.3.4; {MAGNUS}",
             "-1/2*logdet(S) - 1/2*(x - u)'*inv(S)*(x - u)", "x: n; u: n; S: n n spd", "S",
             "1/2*inv(S)*(x - u)*(x - u)'*inv(S) - 1/2*inv(S)", text="1/2 (S⁻¹(x − u)(x − u)ᵀS⁻¹ − S⁻¹)"),
    gradient("Gaussian log likelihood by the covariance, unsymmetric", f"{MAGNUS}",
             "logdet(S) + (x - u)'*inv(S)*(x - u)", "x: n; u: n; S: n n", "S",
             "inv(S)' - inv(S)'*(x - u)*(x - u)'*inv(S)'", "S⁻ᵀ − S⁻ᵀ(x − u)(x − u)ᵀS⁻ᵀ"),
    gradient("Gaussian log likelihood by the precision", f"{BISHOP} 2.3.4", "1/2*logdet(P) - 1/2*(x - u)'*P*(x - u)",
             "x: n; u: n; P: n n spd", "P", "1/2*inv(P) - 1/2*(x - u)*(x - u)'", text="1/2 (P⁻¹ − (x − u)(x − u)ᵀ)"),
    gradient("Gaussian log likelihood by the precision, unsymmetric", f"{BOYD} 7.1.1",
             "(x - u)'*P*(x - u) - logdet(P)", "x: n; u: n; P: n n", "P", "(x - u)*(x - u)' - inv(P)'",
             "(x − u)(x − u)ᵀ − P⁻ᵀ"),
    gradient("graphical lasso without penalty", f"{BOYD} 7.1.1", "logdet(P) - tr(S*P)", "S: n n symmetric; P: n n spd",
             "P", "inv(P) - S", "P⁻¹ − S"),
    gradient("Gaussian log likelihood by the variance", f"{BISHOP} eq. 1.56", "-m/2*log(s) - norm2(x - u)^2/(2*s)",
             "x: m; u: m; s:", "s", "norm2(x - u)^2/(2*s^2) - m/(2*s)"),
    gradient("sum of squares about a mean", f"{BISHOP} eq. 1.55", "sum((x - c).^2)", "x: n; c:", "c", "-2*sum(x - c)",
             "−2 Σ(x − c)"),
    # divergences and entropies
    gradient("negative entropy", f"{BOYD} 3.1.5", "sum(p .* log(p))", "p: n", "p", "log(p) + 1", "log(p) + 1"),
    gradient("entropy", f"{COVER} 2.1", "-sum(p .* log(p))", "p: n", "p", "-log(p) - 1", "−log(p) − 1"),
    gradient("Kullback–Leibler divergence by p", f"{COVER} 2.3", "sum(p .* log(p ./ q))", "p: n; q: n", "p",
             "log(p ./ q) + 1", "log(p/q) + 1"),
    gradient("Kullback–Leibler divergence by q", f"{COVER} 2.3", "sum(p .* log(p ./ q))", "p: n; q: n", "q",
             "-(p ./ q)", "−p/q"),
    gradient("cross-entropy by q", f"{COVER} 2.3", "-sum(p .* log(q))", "p: n; q: n", "q", "-(p ./ q)", "−p/q"),
    gradient("generalised Kullback–Leibler divergence", f"{BOYD} 3.2.6", "sum(p .* log(p ./ q) - p + q)", "p: n; q: n",
             "p", "log(p ./ q)", "log(p/q)"),
    gradient("binary entropy", f"{COVER} 2.1", "-p*log(p) - (1 - p)*log(1 - p)", "p:", "p", "log(1 - p) - log(p)",
             "log(1 − p) − log(p)"),
    gradient("KL of Gaussians by the mean", f"{MURPHY} 5.1", "1/2*(u - v)'*inv(S)*(u - v)", "u: n; v: n; S: n n spd",
             "u", "inv(S)*(u - v)", "S⁻¹(u − v)"),
    gradient("KL of Gaussians by the first covariance", f"{MURPHY} 5.1", "1/2*(tr(inv(T)*S) - logdet(S))",
             "S: n n spd; T: n n spd", "S", "1/2*(inv(T) - inv(S))", text="1/2 (T⁻¹ − S⁻¹)"),
    gradient("KL of Gaussians by the second covariance", f"{MURPHY} 5.1", "1/2*(tr(inv(T)*S) + logdet(T))",
             "S: n n spd; T: n n spd", "T", "1/2*(inv(T) - inv(T)*S*inv(T))", text="1/2 (T⁻¹ − T⁻¹ST⁻¹)"),
    gradient("KL of a diagonal Gaussian from the standard one", "Kingma & Welling (2014), appendix B",
             "1/2*sum(exp(s) + u.^2 - 1 - s)", "s: n; u: n", "s", "1/2*(exp(s) - 1)", text="1/2 (exp(s) − 1)"),
    gradient("KL of a diagonal Gaussian by the mean", "Kingma & Welling (2014), appendix B",
             "1/2*sum(exp(s) + u.^2 - 1 - s)", "s: n; u: n", "u", "u", "u"),
    # Gaussian processes
    gradient("GP marginal likelihood by the covariance", f"{RASMUSSEN} eq. 5.9", "-1/2*y'*inv(K)*y - 1/2*logdet(K)",
             "y: n; K: n n spd", "K", "1/2*(inv(K)*y*y'*inv(K) - inv(K))", text="1/2 (K⁻¹ y yᵀ K⁻¹ − K⁻¹)"),
    gradient("GP marginal likelihood by the noise", f"{RASMUSSEN} eq. 5.9", "y'*inv(K + s*I)*y + logdet(K + s*I)",
             "y: n; K: n n symmetric; s:", "s", "tr(inv(K + s*I)) - y'*inv(K + s*I)*inv(K + s*I)*y",
             text="tr((K + s I)⁻¹) − ‖(K + s I)⁻¹y‖²"),
    gradient("GP marginal likelihood by the observations", f"{RASMUSSEN} eq. 2.30", "-1/2*y'*inv(K)*y",
             "y: n; K: n n spd", "y", "-inv(K)*y", "−K⁻¹y"),
    gradient("GP marginal likelihood by an amplitude", f"{RASMUSSEN} eq. 5.9", "y'*inv(c*K + N)*y + logdet(c*K + N)",
             "y: n; K: n n; N: n n; c:", "c", "tr(inv(c*K + N)*K) - y'*inv(c*K + N)*K*inv(c*K + N)*y",
             text="tr(SK) − yᵀSKSy\nwhere S = (N + c K)⁻¹"),
    gradient("GP predictive mean by the test covariances", f"{RASMUSSEN} eq. 2.25", "k'*inv(K + s*I)*y",
             "k: n; K: n n; s:; y: n", "k", "inv(K + s*I)*y", "(K + s I)⁻¹y"),
    gradient("GP predictive variance", f"{RASMUSSEN} eq. 2.26", "c - k'*inv(K)*k", "c:; k: n; K: n n spd", "k",
             "-2*inv(K)*k", "−2K⁻¹k"),
    gradient("GP marginal likelihood by the length scale", f"{RASMUSSEN} eq. 5.9",
             "y'*inv(exp(-D/(2*l^2)) + s*I)*y", "y: n; D: n n symmetric; l:; s:", "l",
             "-y'*inv(exp(-D/(2*l^2)) + s*I)*(D .* exp(-D/(2*l^2)))*inv(exp(-D/(2*l^2)) + s*I)*y/l^3"),
    # mixtures
    gradient("Gaussian mixture by a mean", f"{BISHOP} eq. 9.16", mixture, "x: n; u: n; v: n", "u", mixture_by_mean),
    gradient("Gaussian mixture by the log weights", f"{BISHOP} 9.2", "logsumexp(w + z) - logsumexp(w)", "w: n; z: n",
             "w", "softmax(w + z) - softmax(w)", "softmax(w + z) − softmax(w)"),
    gradient("mixture weights", f"{BISHOP} eq. 9.20", "log(w'*z)", "w: n; z: n", "w", "z/(w'*z)", "z/(wᵀz)"),
    # distributions
    gradient("gamma log likelihood by the shape", f"{MURPHY} 2.7", "(a - 1)*log(x) - x/b - gammaln(a) - a*log(b)",
             "a:; x:; b:", "a", lambda a, x, b: np.log(x) - digamma(a) - np.log(b)),
    gradient("gamma log likelihood by the scale", f"{MURPHY} 2.7", "(a - 1)*log(x) - x/b - gammaln(a) - a*log(b)",
             "a:; x:; b:", "b", "x/b^2 - a/b", "(x − a b)/b²"),
    gradient("Poisson log likelihood", f"{MURPHY} 12.2", "k*log(l) - l - gammaln(k + 1)", "k:; l:", "l", "k/l - 1",
             "k/l − 1"),
    gradient("Bernoulli log likelihood", f"{BISHOP} eq. 2.6", "y*log(p) + (1 - y)*log(1 - p)", "y:; p:", "p",
             "y/p - (1 - y)/(1 - p)", "y/p − (1 − y)/(1 − p)"),
    gradient("exponential log likelihood", f"{BOYD} 7.1.1", "n*log(c) - c*sum(x)", "x: n; c:", "c", "n/c - sum(x)",
             "n/c − Σ x"),
    gradient("Laplace log likelihood", f"{BOYD} 7.1.1", "-norm1(y - A*x)/c", "y: m; A: m n; x: n; c:", "x",
             "A'*sign(y - A*x)/c", "Aᵀ sign(y − Ax)/c"),
    gradient("Student's t log likelihood", f"{BISHOP} eq. 2.159", "-(c + 1)/2*log(1 + (x - u)^2/c)", "x:; u:; c:", "u",
             "(c + 1)*(x - u)/(c + (x - u)^2)"),
    gradient("Dirichlet log likelihood", f"{MURPHY} 2.5", "(a - 1)'*log(p)", "a: n; p: n", "p", "(a - 1) ./ p",
             "(a − 1)/p"),
    gradient("von Mises–Fisher", "Mardia & Jupp, Directional Statistics", "c*u'*x", "c:; u: n; x: n", "x", "c*u",
             "c u"),
    # sample moments
    gradient("variance", "sample variance", "var(x)", "x: n", "x", "2/n*(x - mean(x))", "2/n (x − 1/n Σ x)"),
    gradient("variance, written out", "sample variance", "sum((x - mean(x)).^2)/n", "x: n", "x", "2/n*(x - mean(x))",
             "2/n (x − 1/n Σ x)"),
    gradient("standard deviation", "sample deviation", "std(x)", "x: n", "x", "(x - mean(x))/(n*std(x))"),
    gradient("covariance of two samples", "sample covariance", "sum((x - mean(x)) .* (y - mean(y)))/n", "x: n; y: n",
             "x", "(y - mean(y))/n", "1/n (y − 1/n Σ y)"),
    gradient("mean of squares", "sample moment", "mean(x.^2)", "x: n", "x", "2/n*x", "2/n x"),
    gradient("geometric mean, logarithm", "Boyd & Vandenberghe 3.1.5", "mean(log(x))", "x: n", "x",
             lambda x: 1 / (len(x) * x), "1/(n x)"),
    # principal components, factorisation
    gradient("PCA: variance along w", f"{BISHOP} eq. 12.3", "w'*S*w - c*(w'*w - 1)", "w: n; S: n n symmetric; c:", "w",
             "2*S*w - 2*c*w", "2Sw − 2c w"),
    gradient("PCA: tr WᵀSW", f"{BISHOP} 12.1", "tr(W'*S*W)", "W: n k; S: n n symmetric", "W", "2*S*W", "2SW"),
    gradient("PCA: reconstruction error", f"{BISHOP} 12.1.2", "normF(X - X*W*W')^2", "X: m n; W: n k", "W",
             "-2*X'*(X - X*W*W')*W - 2*(X - X*W*W')'*X*W"),
    gradient("matrix factorisation by U", "Murphy 20.1", "normF(A - U*V')^2", "A: m n; U: m k; V: n k", "U",
             "-2*(A - U*V')*V", "−2(A − UVᵀ)V"),
    gradient("matrix factorisation by V", "Murphy 20.1", "normF(A - U*V')^2", "A: m n; U: m k; V: n k", "V",
             "-2*(A - U*V')'*U", "−2(A − UVᵀ)ᵀU"),
    gradient("regularised matrix factorisation", "Murphy 20.1", "normF(A - U*V')^2 + c*normF(U)^2",
             "A: m n; U: m k; V: n k; c:", "U", "-2*(A - U*V')*V + 2*c*U"),
    gradient("masked matrix factorisation", "matrix completion", "normF(M .* (A - U*V'))^2",
             "M: m n; A: m n; U: m k; V: n k", "U", "-2*(M .* M .* (A - U*V'))*V", "−2(M ⊙ M ⊙ (A − UVᵀ))V"),
    gradient("symmetric factorisation", "Murphy 20.1", "normF(A - U*U')^2", "A: n n symmetric; U: n k", "U",
             "-4*(A - U*U')*U", "−4(A − UUᵀ)U"),
    gradient("linear discriminant", f"{BISHOP} eq. 4.26", "(w'*B*w)/(w'*S*w)",
             "w: n; B: n n symmetric; S: n n symmetric",
             "w", "2*B*w/(w'*S*w) - 2*(w'*B*w)/(w'*S*w)^2*S*w", text="2(B − wᵀBw S/(wᵀSw))w/(wᵀSw)"),
    gradient("canonical correlation", "Magnus & Neudecker, ch. 17", "u'*C*v", "u: m; C: m n; v: n", "u", "C*v", "Cv"),
    gradient("portfolio", f"{BOYD} 4.4.1", "w'*S*w - c*u'*w", "w: n; S: n n symmetric; c:; u: n", "w", "2*S*w - c*u",
             "2Sw − c u"),
    # Hessians
    hessian("Gaussian log likelihood by the mean", f"{BISHOP} 2.3", "-1/2*(x - u)'*inv(S)*(x - u)",
            "x: n; u: n; S: n n spd", "u", "-inv(S)", "−S⁻¹"),
    hessian("negative entropy", f"{BOYD} 3.1.5", "sum(p .* log(p))", "p: n", "p", lambda p: np.diag(1 / p),
            "diag(1/p)"),
    hessian("Kullback–Leibler divergence by p", f"{COVER} 2.3", "sum(p .* log(p ./ q))", "p: n; q: n", "p",
            lambda p: np.diag(1 / p), "diag(1/p)"),
    hessian("Kullback–Leibler divergence by q", f"{COVER} 2.3", "sum(p .* log(p ./ q))", "p: n; q: n", "q",
            lambda p, q: np.diag(p / q**2), "diag(p/q²)"),
    hessian("variance", "centering matrix", "var(x)", "x: n", "x",
            lambda x: 2 / len(x) * (np.eye(len(x)) - np.ones((len(x), len(x))) / len(x)), "2/n (I − 1/n 𝟏𝟏ᵀ)"),
    hessian("Gaussian log likelihood by the covariance", MAGNUS, "logdet(S) + (x - u)'*inv(S)*(x - u)",
            "x: n; u: n; S: n n", "S", lambda x, u, S: -np.einsum("jk,li->ijkl", inv(S), inv(S))
            + np.einsum("jk,l,i->ijkl", inv(S), inv(S) @ (x - u), inv(S).T @ (x - u))
            + np.einsum("li,j,k->ijkl", inv(S), inv(S) @ (x - u), inv(S).T @ (x - u)),
             text="(S⁻¹ ⊗ S⁻ᵀ r rᵀ S⁻ᵀ + (S⁻¹ r rᵀ S⁻¹ − S⁻¹) ⊗ S⁻ᵀ)K\nwhere r = x − u\n      K vec(S) = vec(Sᵀ)"),
    hessian("Gaussian log likelihood by the precision", f"{BOYD} 7.1.1", "(x - u)'*P*(x - u) - logdet(P)",
            "x: n; u: n; P: n n", "P", lambda P: np.einsum("jk,li->ijkl", inv(P), inv(P)),
             text="(P⁻¹ ⊗ P⁻ᵀ)K\nwhere K vec(P) = vec(Pᵀ)"),
    hessian("GP marginal likelihood by the noise", f"{RASMUSSEN} eq. 5.9, twice", "y'*inv(K + s*I)*y + logdet(K + s*I)",
            "y: n; K: n n symmetric; s:", "s", "2*y'*inv(K + s*I)^3*y - tr(inv(K + s*I)^2)",
            "2yᵀ(K + s I)⁻³y − ‖(K + s I)⁻¹‖_F²"),
    hessian("mixture weights", f"{BISHOP} eq. 9.20", "log(w'*z)", "w: n; z: n", "w", "-z*z'/(w'*z)^2", "−z zᵀ/(wᵀz)²"),
    hessian("Gaussian mixture by the log weights", f"{BISHOP} 9.2", "logsumexp(w + z)", "w: n; z: n", "w",
            "diag(softmax(w + z)) - softmax(w + z)*softmax(w + z)'", "diag(p) − p pᵀ\nwhere p = softmax(w + z)"),
    hessian("matrix factorisation by U", "Murphy 20.1", "normF(A - U*V')^2", "A: m n; U: m k; V: n k", "U",
            lambda A, V: 2 * np.einsum("ik,jl->ijkl", np.eye(A.shape[0]), V.T @ V),
            stacked=lambda A, V: 2 * np.kron(V.T @ V, np.eye(A.shape[0]))),
    hessian("PCA: tr WᵀSW", f"{BISHOP} 12.1", "tr(W'*S*W)", "W: n k; S: n n symmetric", "W",
            lambda W, S: 2 * np.einsum("ik,jl->ijkl", S, np.eye(W.shape[1])),
            stacked=lambda W, S: 2 * np.kron(np.eye(W.shape[1]), S), text="2I ⊗ S"),
    jacobian("score of a Gaussian by the observations", f"{BISHOP} 2.3", "-inv(S)*(x - u)", "x: n; u: n; S: n n", "x",
             "-inv(S)", "−S⁻¹"),
]  # fmt: skip
