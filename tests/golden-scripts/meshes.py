#!/usr/bin/env python3
"""Golden areas and volumes of surfaces, by SciPy 1.10 and scikit-image 0.19.

  python3 tests/golden-scripts/meshes.py

Writes tests/ClemReg.Algorithms.Tests/golden/meshes/: labels.bin, one byte a voxel, z, y, x with x fastest, one volume after the other; and cases.csv, a line an object: volume, size (z,y,x),
spacing (z,y,x), label, voxels, volume and area of marching cubes (Lewiner) on the field of ObjectLattice, made here with NumPy: 2 G - G * G, G a Gaussian of the standard deviations that ObjectSurface takes, less 1/2, and thin parts
put back; and volume and area without putting back. The first three volumes are noise with jagged outlines, the others smooth bodies.
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


def lines(axis, *arrays):
    """The arrays' lines along an axis."""
    return zip(*[np.moveaxis(a, axis, -1).reshape(-1, a.shape[axis]) for a in arrays])


def short(inside, axis, most):
    """Voxels of stretches along an axis that are no longer than that and have the opposite at both ends."""
    moved = np.zeros_like(np.moveaxis(inside, axis, -1).reshape(-1, inside.shape[axis]))
    for (line,), out in zip(lines(axis, inside), moved):
        ends = np.flatnonzero(np.diff(line.astype(np.int8))) + 1
        for a, b in zip(ends, ends[1:]):
            out[a:b] = b - a <= most
    return np.moveaxis(moved.reshape(np.moveaxis(inside, axis, -1).shape), -1, axis)


def long(chosen, inside, axis, most):
    """Those of the chosen voxels that lie in stretches along an axis, all inside or all outside, that are longer than that."""
    moved = np.zeros_like(np.moveaxis(inside, axis, -1).reshape(-1, inside.shape[axis]))
    for (line, side), out in zip(lines(axis, chosen, inside), moved):
        kind = 2 * line.astype(np.int8) + side
        ends = [0, *(np.flatnonzero(np.diff(kind)) + 1), len(kind)]
        for a, b in zip(ends, ends[1:]):
            out[a:b] = line[a] and b - a > most
    return np.moveaxis(moved.reshape(np.moveaxis(inside, axis, -1).shape), -1, axis)


def put_back(field, inside, sigmas):
    _, y, x = [max(1, round(1.2 * s)) for s in sigmas]
    across_x, across_y, alone = short(inside, 2, x), short(inside, 1, y), short(inside, 0, 1)
    thin = across_x & across_y | long(across_x, inside, 1, y) | long(across_y, inside, 2, x) | long(alone, inside, 2, x) & long(alone, inside, 1, y)
    return np.where(thin, np.where(inside, np.maximum(field, 0.05), np.minimum(field, -0.05)), field)


def measure(field, spacing):
    vertices, faces, _, _ = marching_cubes(field, 0, spacing=spacing)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return f'{abs((a * normal).sum() / 6):.6g},{np.linalg.norm(normal, axis=1).sum() / 2:.6g}'


def noise(number, shape, spacing):
    rng = np.random.default_rng(number)
    field = gaussian(rng.normal(size=shape), [80 / s for s in spacing])
    for axis, n in enumerate(shape):
        ramp = np.minimum(np.arange(n), np.arange(n)[::-1]).reshape([-1 if a == axis else 1 for a in range(3)])
        field = np.where(ramp * spacing[axis] < 50, -1, field)
    return ndi.label(field > 0.2 * field[field > -1].std())


def ellipsoid(shape, spacing, axes, turns):
    a, b = turns
    turn = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]]) @ np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    p = np.stack(np.meshgrid(*[(np.arange(n) - n / 2 + 0.2) * s for n, s in zip(shape, spacing)], indexing='ij'), -1) @ turn / axes
    return ((p * p).sum(-1) <= 1).astype(int), 1


cases, volumes = [], []
for number, (shape, spacing, body) in enumerate([((44, 50, 66), (10, 10, 10), None), ((20, 54, 60), (30, 10, 10), None), ((26, 56, 50), (20, 8, 12), None),
                                                 ((40, 44, 48), (10, 10, 10), (110, 130, 160)), ((16, 44, 44), (30, 10, 10), (150, 170, 140)), ((24, 56, 40), (20, 8, 12), (140, 180, 160))]):
    labels, count = noise(number, shape, spacing) if body is None else ellipsoid(shape, spacing, body, (0.5, 0.9))
    labels = labels.astype(np.uint8)
    volumes.append(labels)
    coarsest = max(spacing)
    sigmas = [np.hypot(0.8 * coarsest, 0.6 * s) / s for s in spacing]
    for label in range(1, count + 1):
        inside = labels == label
        if inside.sum() < 3000:
            continue
        field = 2 * gaussian(inside.astype(float), sigmas) - gaussian(inside.astype(float), [s * 2 ** 0.5 for s in sigmas]) - 0.5
        cases.append(','.join(f'{v:g}' for v in (number, *shape, *spacing, label)) + f',{int(inside.sum())},{measure(put_back(field, inside, sigmas), spacing)},{measure(field, spacing)}')
with open(os.path.join(OUT, 'cases.csv'), 'w') as f:
    f.write('\n'.join(cases) + '\n')
with open(os.path.join(OUT, 'labels.bin'), 'wb') as f:
    for labels in volumes:
        f.write(labels.tobytes())
print('\n'.join(cases))
