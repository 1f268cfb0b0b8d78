#!/usr/bin/env python3
"""Golden values for BCPD: Hirose (2020), figure 2, written out in NumPy with the whole matrices P (M x N) and G (M x M).

    python3 tests/golden-scripts/bcpd.py           # writes tests/ClemReg.Algorithms.Tests/golden/registration/bcpd_states.csv

The clouds are those of rigid_cpd.py. For each setting the state after 1, 5 and 30 iterations: the first three rows of the 4 x 4 matrix of s, R, t
(moving to fixed, nm), sigma in nm, the number of matches, and the moved places of eight points (nm).
Both clouds are normalised by their own centroid and root mean square coordinate; the outlier density is that of the fixed cloud's box.
"""
import os
import numpy as np
from scipy.special import digamma

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'registration')
POINTS = np.arange(0, 216, 27)


def register(moving, fixed, omega, lam, beta, kappa, gamma, variance, with_scale, iterations):
    mu_x, mu_y = fixed.mean(0), moving.mean(0)
    unit_x, unit_y = (np.sqrt(((c - c.mean(0)) ** 2).mean()) for c in (fixed, moving))
    x, y0 = (fixed - mu_x) / unit_x, (moving - mu_y) / unit_y
    m, n = len(y0), len(x)
    volume = np.prod(x.max(0) - x.min(0))
    g = np.exp(-((y0[:, None] - y0[None]) ** 2).sum(2) / (2 * beta ** 2))
    alpha, var = np.full(m, 1 / m), np.zeros(m)
    s, r, t, v = 1.0, np.eye(3), np.zeros(3), np.zeros_like(y0)
    y = y0
    sigma2 = gamma ** 2 * ((x[None] - y[:, None]) ** 2).sum(2).mean() / 3
    for _ in range(iterations):
        k = (2 * np.pi * sigma2) ** -1.5 * np.exp(-((x[None] - y[:, None]) ** 2).sum(2) / (2 * sigma2))
        k *= (alpha * np.exp(-s * s / (2 * sigma2) * 3 * var))[:, None]
        p = (1 - omega) * k / (omega / volume + (1 - omega) * k.sum(0))
        nu, nu1, n_hat = np.maximum(p.sum(1), 1e-20), p.sum(0), p.sum()    # a point that matches nothing divides by nothing
        x_hat = p @ x / nu[:, None]
        # Sigma = (lambda G^-1 + s^2 / sigma^2 diag(nu))^-1 = sigma^2 / s^2 G (G + c diag(1 / nu))^-1 diag(1 / nu)
        c = lam * sigma2 / s ** 2
        inverse = np.linalg.inv(g + np.diag(c / nu))
        v = g @ inverse @ ((x_hat - t) @ r / s - y0)
        if variance:
            var = np.diag(g @ inverse) / nu * sigma2 / s ** 2
        u = y0 + v
        if kappa < 1e15:
            alpha = np.exp(digamma(kappa + nu) - digamma(kappa * m + n_hat))
        x_bar, u_bar, var_bar = nu @ x_hat / n_hat, nu @ u / n_hat, nu @ var / n_hat
        s_xu = (x_hat - x_bar).T @ (nu[:, None] * (u - u_bar)) / n_hat
        s_uu = (u - u_bar).T @ (nu[:, None] * (u - u_bar)) / n_hat + var_bar * np.eye(3)
        a, _, bt = np.linalg.svd(s_xu)
        r = a @ np.diag([1, 1, np.linalg.det(a @ bt)]) @ bt
        s = np.trace(r.T @ s_xu) / np.trace(s_uu) if with_scale else 1.0
        t = x_bar - s * r @ u_bar
        y = s * u @ r.T + t
        sigma2 = ((nu1[:, None] * x ** 2).sum() - 2 * (p @ x * y).sum() + (nu[:, None] * y ** 2).sum()) / (3 * n_hat) + s * s * var_bar
    scale = unit_x / unit_y * s
    linear = scale * r
    shift = unit_x * t + mu_x - linear @ mu_y
    return np.r_[np.c_[linear, shift].ravel(), np.sqrt(sigma2) * unit_x, n_hat, (unit_x * y + mu_x)[POINTS].ravel()]


def main():
    moving, fixed = (np.loadtxt(f'{OUT}/cpd_{n}.csv', delimiter=',', skiprows=1) for n in ('moving', 'fixed'))
    rows = []
    for omega, lam, beta, kappa, gamma, variance, with_scale in (
            (1e-9, 2, 2, 1e20, 1, 0, 1), (0.1, 50, 1, 1e20, 1, 0, 1), (0.3, 10, 0.5, 1e20, 0.3, 0, 0), (0.1, 2, 2, 1.0, 1, 0, 1),
            (0.1, 20, 0.7, 1e20, 1, 1, 1), (0.2, 20, 1, 1.0, 1, 1, 1)):
        for i in (1, 5, 30):
            rows.append(np.r_[omega, lam, beta, kappa, gamma, variance, with_scale, i,
                              register(moving, fixed, omega, lam, beta, kappa, gamma, variance, with_scale, i)])
    np.savetxt(f'{OUT}/bcpd_states.csv', rows, fmt='%.15g', delimiter=',', comments='',
               header='omega,lambda,beta,kappa,gamma,variance,with_scale,iterations,' + ','.join(f'm{i}{j}' for i in range(3) for j in range(4))
               + ',sigma_nm,matches,' + ','.join(f'{a}{i}' for i in POINTS for a in 'zyx'))


main()
