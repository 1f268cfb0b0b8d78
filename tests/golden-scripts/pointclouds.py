#!/usr/bin/env python3
"""Golden arrays of the point clouds: scikit-image's Canny, NumPy's hypot, Open3D's filters, CLEM-Reg's sampling recipe.

    /usr/bin/python3 tests/golden-scripts/pointclouds.py

needs NumPy, SciPy, scikit-image 0.19 and Open3D (Debian 12: python3-skimage, python3-open3d). All files are little-endian.
Points are z, y, x.
"""
import os
import struct

import numpy as np
import open3d as o3d
from scipy import ndimage as ndi
from skimage.feature import canny

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'pointclouds')
rng = np.random.default_rng(20240607)


def bits(mask):
    """Rows of bits, the first pixel in the lowest bit, each row padded to whole bytes."""
    return np.packbits(mask, axis=-1, bitorder='little').tobytes()


def blobs(shape, size, share):
    noise = ndi.gaussian_filter(rng.standard_normal(shape), size)
    return noise > np.quantile(noise, 1 - share)


def write(name, data):
    with open(os.path.join(OUT, name), 'wb') as f:
        f.write(data)
    print(f'{name}: {len(data)} bytes')


# --- Canny: height, width, sigma, mask, edges
cases = []


def case(mask, sigma=1.0):
    cases.append(struct.pack('<iid', *mask.shape, sigma) + bits(mask) + bits(canny(mask, sigma=sigma)))


def shapes(h, w):
    y, x = np.mgrid[:h, :w]
    yield blobs((h, w), rng.uniform(0.5, 4), rng.uniform(0.05, 0.9))
    yield rng.random((h, w)) < rng.uniform(0.02, 0.6)
    cy, cx, r = rng.uniform(0, h), rng.uniform(0, w), rng.uniform(0.5, max(1, h / 2, w / 2))
    yield (y - cy) ** 2 + (x - cx) ** 2 < r * r
    y0, x0 = rng.integers(0, h), rng.integers(0, w)
    yield (y >= y0) & (y < y0 + rng.integers(1, h + 1)) & (x >= x0) & (x < x0 + rng.integers(1, w + 1))
    a, b = rng.uniform(-2, 2, 2)
    yield np.abs(a * (y - h / 2) + b * (x - w / 2)) < rng.uniform(0.5, 3)


for n in range(1, 71):
    for h, w in ((int(rng.integers(1, 71)), n), (n, int(rng.integers(1, 71)))):
        choices = list(shapes(h, w))
        case(choices[int(rng.integers(0, len(choices)))])
for h, w in ((7, 9), (16, 64), (40, 31)):
    y, x = np.mgrid[:h, :w]
    for mask in (np.zeros((h, w), bool), np.ones((h, w), bool), (y == h // 2) & (x == w // 2), (y != h // 2) | (x != w // 2),
                 (y + x) % 2 == 0, (y // 3 + x // 3) % 2 == 0, x == y, x + y == w - 1, y == 0, x == w - 1, (y < 2) | (x < 2),
                 x < w // 2, y < h // 2, x + y < w // 2, x < y):
        case(mask)
for w in (63, 64, 65, 127, 128, 129, 193, 257):
    case(blobs((int(rng.integers(20, 50)), w), 3, 0.3))
    case(blobs((int(rng.integers(20, 50)), w), 2, 0.02))
for sigma in (0.0, 0.1, 0.4, 0.7, 1.3, 2.0, 3.7, 6.0, 12.6):
    for h, w in ((50, 61), (23, 17), (70, 130)):
        case(blobs((h, w), max(1.0, sigma), 0.4), sigma)
write('canny.bin', struct.pack('<i', len(cases)) + b''.join(cases))

# --- hypot: a, b, hypot(a, b)
a = np.abs(rng.standard_normal(500)) * 2.0 ** rng.integers(-60, 2, 500)
b = np.abs(rng.standard_normal(500)) * 2.0 ** rng.integers(-60, 2, 500)
a[:4], b[:4] = (0, 0, 3, 1), (0, 2, 4, 1)
b[4:250] = a[4:250] * rng.uniform(0.2, 1, 246)
write('hypot.bin', np.stack([a, b, np.hypot(a, b)], 1).astype('<f8').tobytes())


# --- Open3D's filters
def cloud(points):
    return o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))


def array(points):
    points = np.asarray(points, dtype='<f8').reshape(-1, 3)
    return struct.pack('<i', len(points)) + points.tobytes()


cases = []
for n, scale, cell in ((1, 10, 1.0), (2, 10, 3.0), (37, 10, 4.0), (150, 100, 15.0), (150, 1e4, 700.0), (200, 15, 2.5), (100, 5, 100.0)):
    points = rng.standard_normal((n, 3)) * scale
    if n == 200:
        points = np.floor(points)
    cases.append(struct.pack('<d', cell) + array(points) + array(cloud(points).voxel_down_sample(cell).points))
write('voxel_grid.bin', struct.pack('<i', len(cases)) + b''.join(cases))

cases = []
for n, neighbours, ratio in ((20, 5, 1.0), (4, 5, 1.0), (250, 5, 1.0), (100, 20, 0.5), (150, 5, 2.0), (157, 2, 1.0)):
    points = np.concatenate([rng.standard_normal((n - n // 5, 3)) * 50, rng.uniform(-400, 400, (n // 5, 3))])
    kept, _ = cloud(points).remove_statistical_outlier(neighbours, ratio)
    cases.append(struct.pack('<id', neighbours, ratio) + array(points) + array(kept.points))
write('outliers.bin', struct.pack('<i', len(cases)) + b''.join(cases))


# --- The recipe on a volume that is really resampled to isotropic voxels
def nearest(n, spacing, iso):
    return np.minimum(((np.arange(max(1, round(n * spacing / iso))) + 0.5) * (iso / spacing) + 1e-9).astype(int), n - 1)


def recipe(mask, spacing, origin, iso, sigma, k, cell):
    index = [nearest(n, h, iso) for n, h in zip(mask.shape, spacing)]
    volume = mask[np.ix_(*index)]
    edges = np.stack([canny(plane, sigma=sigma) for plane in volume])
    sampled = cloud(np.argwhere(edges).astype(float)).uniform_down_sample(k)
    averaged = sampled.voxel_down_sample(cell)
    kept, _ = averaged.remove_statistical_outlier(5, 1.0)
    start = np.array(origin) - np.array(spacing) / 2 + iso / 2
    return [start + iso * np.asarray(c.points) for c in (sampled, averaged, kept)]


cases = []
for shape, spacing, origin, iso, sigma, frequency, cell in (
        ((9, 47, 53), (130, 35.3, 35.3), (0, 0, 0), 20, 1.0, 3, 15),
        ((13, 61, 67), (20, 20, 20), (0, 0, 0), 20, 1.0, 3, 15),
        ((11, 90, 83), (50, 12.5, 12.5), (-300, 40, 1e4), 50, 1.0, 20, 4),
        ((6, 31, 29), (70, 33, 41), (5, 6, 7), 30, 1.5, 10, 7.5),
        ((17, 40, 41), (10, 25, 25), (1, 2, 3), 25, 0.8, 7, 6)):
    mask = blobs(shape, (1.5, 4, 4), 0.2)
    clouds = recipe(mask, spacing, origin, iso, sigma, int(100 // frequency), cell)
    print([len(c) for c in clouds])
    cases.append(struct.pack('<3i10d', *shape, *spacing, *origin, iso, sigma, frequency, cell) + bits(mask) + b''.join(map(array, clouds)))
write('sampling.bin', struct.pack('<i', len(cases)) + b''.join(cases))
