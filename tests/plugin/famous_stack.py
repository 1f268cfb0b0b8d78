#!/usr/bin/python3
"""Writes a stack of 60 slices, 16 bit, in which a mitochondrion and a nucleus lie where FamousUse draws its boxes, and three slices of another size: FOLDER/em.tif and FOLDER/small.tif."""
import sys

import numpy as np
import tifffile

z, y, x = np.mgrid[:60, :200, :240]
stack = 30000 + 8 * x + 3 * y + 10 * z + np.random.default_rng(1).normal(0, 1500, z.shape)
for centre_y, centre_x, half_y, half_x, wall, inside, folds in ((60, 60, 17, 27, 12000, 22000, 6000), (140, 145, 37, 22, 16000, 26000, 0)):
    radius = np.hypot((y - centre_y) / half_y, (x - centre_x) / half_x)
    stack[radius < 1] += inside - 30000 + folds * np.sin(x / 1.6 + np.sin(y / 4))[radius < 1]
    stack[(radius > 0.9) & (radius < 1)] += wall - inside
stack = stack.clip(0, 65535).astype("u2")
for name, image in (("em", stack), ("small", stack[:3, :40, :50])):
    tifffile.imwrite(f"{sys.argv[1]}/{name}.tif", image, imagej=True, resolution=(0.1, 0.1), metadata={"unit": "nm", "spacing": 50.0, "axes": "ZYX"})
