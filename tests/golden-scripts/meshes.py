#!/usr/bin/env python3
"""Golden areas and volumes of surfaces, by SciPy 1.10 and scikit-image 0.19.

  python3 tests/golden-scripts/meshes.py

Writes tests/ClemReg.Algorithms.Tests/golden/meshes/: labels.bin, one byte a voxel, z, y, x with x fastest, one volume after the other; and cases.csv, a line an object: volume, size (z,y,x),
spacing (z,y,x), label, voxels, volume and area of marching cubes (Lewiner) at 1/2 on 2 G - G * G, G a Gaussian of the standard deviations that ObjectSurface takes, without any correction.
"""
import os

import numpy as np
from scipy import ndimage as ndi
from skimage.measure import marching_cubes

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'meshes')
os.makedirs(OUT, exist_ok=True)


def gaussian(image, sigmas):
    for axis, sigma in enumerate(sigmas):
        reach = int(np.ceil(3 * sigma))
        weights = np.exp(-np.arange(-reach, reach + 1) ** 2 / (2 * sigma * sigma))
        image = ndi.correlate1d(image, weights / weights.sum(), axis, mode='constant')
    return image


cases, volumes = [], []
for number, (shape, spacing) in enumerate([((44, 50, 66), (10, 10, 10)), ((20, 54, 60), (30, 10, 10)), ((26, 56, 50), (20, 8, 12))]):
    rng = np.random.default_rng(number)
    field = gaussian(rng.normal(size=shape), [80 / s for s in spacing])
    for axis, n in enumerate(shape):
        ramp = np.minimum(np.arange(n), np.arange(n)[::-1]).reshape([-1 if a == axis else 1 for a in range(3)])
        field = np.where(ramp * spacing[axis] < 50, -1, field)
    labels, count = ndi.label(field > 0.2 * field[field > -1].std())
    labels = labels.astype(np.uint8)
    volumes.append(labels)
    coarsest = max(spacing)
    sigmas = [np.hypot(0.8 * coarsest, 0.6 * s) / s for s in spacing]
    for label in range(1, count + 1):
        inside = (labels == label).astype(float)
        if inside.sum() < 3000:
            continue
        member = 2 * gaussian(inside, sigmas) - gaussian(inside, [s * 2 ** 0.5 for s in sigmas])
        vertices, faces, _, _ = marching_cubes(member, 0.5, spacing=spacing)
        a, b, c = (vertices[faces[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        cases.append(','.join(f'{v:g}' for v in (number, *shape, *spacing, label)) + f',{int(inside.sum())},{abs((a * normal).sum() / 6):.6g},{np.linalg.norm(normal, axis=1).sum() / 2:.6g}')
with open(os.path.join(OUT, 'cases.csv'), 'w') as f:
    f.write('\n'.join(cases) + '\n')
with open(os.path.join(OUT, 'labels.bin'), 'wb') as f:
    for labels in volumes:
        f.write(labels.tobytes())
print('\n'.join(cases))
