#!/usr/bin/env python3
"""Golden values for rigid CPD: Myronenko and Song (2010), figure 2, written out in NumPy with the whole M x N matrix.

    python3 tests/golden-scripts/rigid_cpd.py      # writes tests/ClemReg.Algorithms.Tests/golden/registration

cpd_moving.csv, cpd_fixed.csv: the clouds, z, y, x in nm. cpd_states.csv: for each setting the state after 1, 5 and 50 iterations:
the first three rows of the 4 x 4 matrix (moving to fixed, nm), sigma in nm, the negative log-likelihood of that state in the solver's
units. The formulas are probreg's too (cpd.py), but for its variance without scale, which lacks a factor of 2 in one term.
cpd_residuals.csv: for each setting after 50 iterations the distances of the moved points to their nearest fixed points and to their
posterior means, and the fraction of fixed points that is explained.
"""
import os
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'registration')


def kernel(x, y, sigma2):
    """K[m, n] = exp(-|x_n - y_m|^2 / (2 sigma2))."""
    return np.exp(-((x[None] - y[:, None]) ** 2).sum(2) / (2 * sigma2))


def posterior(x, y, sigma2, w):
    """P (M x N) and the negative log-likelihood."""
    m, n, d = len(y), len(x), 3
    k = kernel(x, y, sigma2)
    c = (2 * np.pi * sigma2) ** (d / 2) * w / (1 - w) * m / n
    total = k.sum(0) + c
    nll = -np.log((1 - w) / (m * (2 * np.pi * sigma2) ** (d / 2)) * total).sum()
    return k / total, nll


def maximise(x, y, p, with_scale):
    """Figure 2: R, s, t, sigma2 from P."""
    n_p = p.sum()
    mu_x, mu_y = x.T @ p.sum(0) / n_p, y.T @ p.sum(1) / n_p
    xh, yh = x - mu_x, y - mu_y
    a = xh.T @ p.T @ yh
    u, _, vt = np.linalg.svd(a)
    r = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    yy = (p.sum(1)[:, None] * yh ** 2).sum()
    xx = (p.sum(0)[:, None] * xh ** 2).sum()
    s = np.trace(a.T @ r) / yy if with_scale else 1.0
    sigma2 = (xx - 2 * s * np.trace(a.T @ r) + s * s * yy) / (3 * n_p)
    return r, s, mu_x - s * r @ mu_y, sigma2


def register(moving, fixed, w, with_scale, unit, centre_moving, iterations):
    """All states, the start first: (linear, shift in nm, sigma in nm, nll, posterior)."""
    centre = fixed.mean(0)
    x, y0 = (fixed - centre) / unit, (moving - centre_moving) / unit
    r, s, t = np.eye(3), 1.0, np.zeros(3)
    sigma2 = ((x[None] - y0[:, None]) ** 2).sum(2).mean() / 3
    states = []
    for _ in range(iterations + 1):
        y = s * y0 @ r.T + t
        p, nll = posterior(x, y, sigma2, w)
        linear = s * r
        states.append((linear, centre + unit * t - linear @ centre_moving, np.sqrt(sigma2) * unit, nll, p))
        r, s, t, sigma2 = maximise(x, y0, p, with_scale)
    return states


def clouds():
    """Two surfaces with a known transform between them, noise, false points and missing parts."""
    rng = np.random.default_rng(7)

    def surface(n):
        u, v = rng.uniform(0, 2 * np.pi, n), rng.uniform(-1, 1, n)
        tube = np.c_[600 * v + 150 * np.cos(u), 4000 * v + 500 * np.sin(u), 3000 * np.sin(2.2 * v) + 500 * np.cos(u)]
        ball = rng.normal(size=(n // 2, 3))
        ball = 900 * ball / np.linalg.norm(ball, axis=1)[:, None] * [0.6, 1, 1.4] + [500, -2500, 2600]
        return np.r_[tube, ball]

    fixed = surface(180) + rng.normal(0, 40, (270, 3))
    moving = surface(160)
    moving = moving[moving[:, 2] > -2400] + rng.normal(0, 60, (len(moving[moving[:, 2] > -2400]), 3))
    fixed = np.r_[fixed, rng.uniform(-1, 1, (25, 3)) * [900, 4500, 3500]]
    moving = np.r_[moving, rng.uniform(-1, 1, (20, 3)) * [900, 4500, 3500]]
    a, b, c = np.deg2rad([4, -6, 17])
    rz = np.array([[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]])
    ry = np.array([[np.cos(b), 0, -np.sin(b)], [0, 1, 0], [np.sin(b), 0, np.cos(b)]])
    rx = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    moving = moving @ (rz @ ry @ rx).T / 1.08 + [300, 21000, -9000]
    return np.round(moving, 3), np.round(fixed + [2000, 15000, 12000], 3)


def main():
    os.makedirs(OUT, exist_ok=True)
    moving, fixed = clouds()
    for name, c in (('moving', moving), ('fixed', fixed)):
        np.savetxt(f'{OUT}/cpd_{name}.csv', c, fmt='%.3f', delimiter=',', header='z,y,x', comments='')
    size = np.linalg.det(np.cov(fixed.T, bias=True)) ** (1 / 6)
    rows, residuals = [], []
    for w in (0, 0.1, 0.3):
        for with_scale in (1, 0):
            for normalise in (1, 0):
                if not normalise and w > 0:
                    continue                      # in nm the outlier term swallows everything: the published defect
                unit = size if normalise else 20.0
                states = register(moving, fixed, w, with_scale, unit, moving.mean(0) if normalise else fixed.mean(0), 50)
                for i in (1, 5, 50):
                    linear, shift, sigma, nll, _ = states[i]
                    rows.append([w, with_scale, normalise, i, *np.c_[linear, shift].ravel(), sigma, nll])
                if not normalise:
                    continue
                linear, shift, _, _, p = states[50]
                moved = moving @ linear.T + shift
                nearest = np.sqrt(((moved[:, None] - fixed[None]) ** 2).sum(2).min(1))
                use = p.sum(1) >= 1e-3
                mean = (p @ fixed)[use] / p.sum(1)[use, None]
                to_mean = np.linalg.norm(moved[use] - mean, axis=1)
                rms = lambda d: np.sqrt((d ** 2).mean())
                residuals.append([w, with_scale, rms(nearest), np.median(nearest), np.percentile(nearest, 95),
                                  rms(to_mean), np.median(to_mean), np.percentile(to_mean, 95), p.sum() / len(fixed)])
    np.savetxt(f'{OUT}/cpd_states.csv', rows, fmt='%.17g', delimiter=',', comments='',
               header='w,with_scale,normalise,iterations,' + ','.join(f'm{i}{j}' for i in range(3) for j in range(4)) + ',sigma_nm,negative_log_likelihood')
    np.savetxt(f'{OUT}/cpd_residuals.csv', residuals, fmt='%.17g', delimiter=',', comments='',
               header='w,with_scale,nearest_rms,nearest_median,nearest_95,posterior_rms,posterior_median,posterior_95,explained')


main()
