#!/usr/bin/env python3
"""Golden arrays of the global alignment: SciPy's 3-D FFT, a contrast-normalised image, rotations.

    alignment.py      # writes tests/ClemReg.Algorithms.Tests/golden/alignment

Raw little-endian arrays, z, y, x with x fastest. Made with NumPy 1.24, SciPy 1.10.
"""
import os

import numpy as np
from scipy import fft, ndimage as ndi
from scipy.spatial.transform import Rotation

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'alignment')
SHAPE = (10, 24, 27)


def resampled(a, spacing, origin, h, start, size):
    """Linear, physical coordinates, clamped at the ends."""
    for axis in range(3):
        u = np.clip((start[axis] + h * np.arange(size[axis]) - origin[axis]) / spacing[axis], 0, a.shape[axis] - 1)
        i = np.minimum(u.astype(int), a.shape[axis] - 2)
        f = (u - i).reshape([-1 if k == axis else 1 for k in range(3)])
        a = np.take(a, i, axis) * (1 - f) + np.take(a, i + 1, axis) * f
    return a


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    rng = np.random.default_rng(3)
    field = (rng.normal(size=SHAPE) + 1j * rng.normal(size=SHAPE)).astype('<c8')
    field.tofile(os.path.join(GOLDEN, 'field_10x24x27.bin'))
    fft.fftn(field.astype(complex)).astype('<c8').tofile(os.path.join(GOLDEN, 'spectrum_10x24x27.bin'))

    image = ndi.gaussian_filter(rng.normal(size=(14, 40, 36)), 1.5).astype('<f4')
    image.tofile(os.path.join(GOLDEN, 'image_14x40x36.bin'))
    spacing, origin, h, size = np.array((130., 90., 100.)), np.array((30., 0., 10.)), 200., (9, 17, 18)
    level_blur, wide, blur = 250., 800., np.array((150., 240., 230.))
    f = resampled(ndi.gaussian_filter(image.astype(float), blur / spacing), spacing, origin, h, (0, 0, 0), size)
    sigma = np.sqrt(wide ** 2 - level_blur ** 2) / h
    d = f - ndi.gaussian_filter(f, sigma)
    contrast = np.clip(d / (np.sqrt(ndi.gaussian_filter(d * d, sigma)) + 0.3 * np.sqrt((d * d).mean())), -2.5, 2.5)
    contrast.astype('<f4').tofile(os.path.join(GOLDEN, 'contrast_9x17x18.bin'))

    n = 40
    i = np.arange(n) + .5
    r, q = np.sqrt(i / n), np.sqrt(1 - i / n)
    a, b = 2 * np.pi * i / np.sqrt(2), 2 * np.pi * i / 1.533751168755204288118041
    spiral = Rotation.from_quat(np.stack([r * np.sin(a), r * np.cos(a), q * np.sin(b), q * np.cos(b)], 1)).as_matrix()
    np.savetxt(os.path.join(GOLDEN, 'rotations_40.csv'), spiral.reshape(-1, 9), delimiter=',', fmt='%.12g')
    vectors = rng.normal(size=(20, 3))
    np.savetxt(os.path.join(GOLDEN, 'rotation_vectors.csv'), np.hstack([vectors, Rotation.from_rotvec(vectors).as_matrix().reshape(-1, 9)]),
               delimiter=',', fmt='%.12g')


if __name__ == '__main__':
    main()
