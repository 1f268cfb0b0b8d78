#!/usr/bin/env python3
"""Golden values of the 3-D thin-plate spline: scipy.interpolate.RBFInterpolator(kernel='linear', degree=1) (SciPy 1.10).

  /usr/bin/python3 tests/golden-scripts/thin_plate_splines.py

Writes tests/ClemReg.Algorithms.Tests/golden/transforms/: landmarks.csv (z,y,x and the target's z,y,x, nm) and, for each smoothing,
values_SMOOTHING.csv (a position and its image).
"""
import os
import numpy as np
from scipy.interpolate import RBFInterpolator

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'transforms')
HEADER = 'z,y,x,target_z,target_y,target_x'


def main():
    os.makedirs(OUT, exist_ok=True)
    rng = np.random.default_rng(7)
    # A flat block like a CLEM sample, far from the origin; a similarity, a smooth bend and some noise.
    source = rng.uniform((0, 0, 0), (2100, 35000, 29700), (60, 3)) + (5000, -12000, 3000)
    turn, _ = np.linalg.qr(np.eye(3) + 0.2 * rng.standard_normal((3, 3)))
    bend = 300 * np.stack([np.sin(source[:, 1] / 9000), np.cos(source[:, 2] / 7000), np.sin(source[:, 0] / 1500)], 1)
    target = 1.05 * source @ turn.T + (100, 2000, -300) + bend + rng.normal(0, 40, (60, 3))
    np.savetxt(os.path.join(OUT, 'landmarks.csv'), np.hstack([source, target]), '%.17g', ',', header=HEADER, comments='')
    at = rng.uniform((-500, -4000, -4000), (2600, 39000, 33700), (40, 3)) + (5000, -12000, 3000)
    for smoothing in (0, 50, 5000):
        # SciPy shifts and scales the polynomial by itself; the linear kernel is not scaled (epsilon = 1).
        spline = RBFInterpolator(source, target, kernel='linear', degree=1, smoothing=smoothing)
        np.savetxt(os.path.join(OUT, f'values_{smoothing}.csv'), np.hstack([at, spline(at)]), '%.17g', ',', header=HEADER, comments='')


if __name__ == '__main__':
    main()
