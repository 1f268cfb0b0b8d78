#!/usr/bin/env python3
"""Golden values for the simulator, from SciPy: the cubic B-spline displacement field and the rotation convention.

Run with a Python that has NumPy and SciPy; writes tests/ClemReg.Algorithms.Tests/golden/simulation/*.csv
"""
import os

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'simulation')
BOX = np.array([2100.0, 34980.0, 29660.0])
CONTROLS = (4, 7, 6)

os.makedirs(OUT, exist_ok=True)
rng = np.random.default_rng(5)
coefficients = rng.normal(scale=100, size=(3,) + CONTROLS)
points = np.vstack([rng.random((40, 3)) * BOX, [[0, 0, 0], BOX, [0, BOX[1], 0], BOX / 2]])
u = points / BOX * (np.array(CONTROLS) - 3) + 1.0
d = np.stack([ndimage.map_coordinates(c, u.T, order=3, prefilter=False, mode='nearest') for c in coefficients], 1)
np.savetxt(os.path.join(OUT, 'field-coefficients.csv'), coefficients.ravel(), fmt='%.17g')
np.savetxt(os.path.join(OUT, 'field-values.csv'), np.hstack([points, d]), fmt='%.17g', delimiter=',')

angles = np.vstack([rng.uniform(-90, 90, (12, 3)), [[90, 0, 0], [0, 90, 0], [0, 0, 90]]])
rows = []
for x, y, z in angles:
    # Lower case: about the fixed axes, x first. Acts on x, y, z vectors; reversed for z, y, x ones.
    r = Rotation.from_euler('xyz', [x, y, z], degrees=True).as_matrix()[::-1, ::-1]
    rows.append(np.concatenate([[x, y, z], r.ravel()]))
np.savetxt(os.path.join(OUT, 'rotations.csv'), rows, fmt='%.17g', delimiter=',')
