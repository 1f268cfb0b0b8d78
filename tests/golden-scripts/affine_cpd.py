#!/usr/bin/env python3
"""Golden values for affine CPD: Myronenko and Song (2010), figure 3, written out in NumPy with the whole M x N matrix.

    python3 tests/golden-scripts/affine_cpd.py     # writes tests/ClemReg.Algorithms.Tests/golden/registration/affine_cpd_states.csv

The clouds are those of rigid_cpd.py. For each setting the state after 1, 5 and 50 iterations: the first three rows of the 4 x 4 matrix (moving to
fixed, nm), sigma in nm, the negative log-likelihood of that state in the solver's units.
"""
import os
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'registration')


def main():
    moving, fixed = (np.loadtxt(f'{OUT}/cpd_{n}.csv', delimiter=',', skiprows=1) for n in ('moving', 'fixed'))
    size = np.linalg.det(np.cov(fixed.T, bias=True)) ** (1 / 6)
    centre, m, n = fixed.mean(0), len(moving), len(fixed)
    rows = []
    for w, normalise in ((0, 1), (0, 0), (0.1, 1), (0.3, 1)):
        unit = size if normalise else 20.0
        origin = moving.mean(0) if normalise else centre
        x, y = (fixed - centre) / unit, (moving - origin) / unit
        b, t = np.eye(3), np.zeros(3)
        sigma2 = ((x[None] - y[:, None]) ** 2).sum(2).mean() / 3
        for i in range(51):
            k = np.exp(-((x[None] - (y @ b.T + t)[:, None]) ** 2).sum(2) / (2 * sigma2))
            c = (2 * np.pi * sigma2) ** 1.5 * w / (1 - w) * m / n
            total = k.sum(0) + c
            if i in (1, 5, 50):
                nll = -np.log((1 - w) / (m * (2 * np.pi * sigma2) ** 1.5) * total).sum()
                rows.append([w, normalise, i, *np.c_[b, centre + unit * t - b @ origin].ravel(), np.sqrt(sigma2) * unit, nll])
            p = k / total
            p1, pt1, np_ = p.sum(1), p.sum(0), p.sum()
            mu_x, mu_y = x.T @ pt1 / np_, y.T @ p1 / np_
            xh, yh = x - mu_x, y - mu_y
            b = (xh.T @ p.T @ yh) @ np.linalg.inv(yh.T @ (p1[:, None] * yh))
            t = mu_x - b @ mu_y
            sigma2 = ((pt1[:, None] * xh ** 2).sum() - np.trace(xh.T @ p.T @ yh @ b.T)) / (3 * np_)
    np.savetxt(f'{OUT}/affine_cpd_states.csv', rows, fmt='%.17g', delimiter=',', comments='',
               header='w,normalise,iterations,' + ','.join(f'm{i}{j}' for i in range(3) for j in range(4)) + ',sigma_nm,negative_log_likelihood')


main()
