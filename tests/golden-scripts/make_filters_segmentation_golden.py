#!/usr/bin/env python3
"""Golden arrays of the rooms Filters and Segmentation, from SciPy and benchmarks/reference_segmentation.py.

    make_filters_segmentation_golden.py        # writes tests/ClemReg.Algorithms.Tests/golden/{filters,segmentation}

Raw little-endian arrays, z, y, x with x fastest; masks are packed 8 voxels a byte, first voxel in bit 0. Sizes stand in the tests.
Made with NumPy 1.24, SciPy 1.10.
"""
import os
import sys

import numpy as np
from scipy import ndimage as ndi

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'benchmarks'))
import reference_segmentation as reference  # noqa: E402

GOLDEN = os.path.join(HERE, '..', 'ClemReg.Algorithms.Tests', 'golden')


def write(name, array):
    array.tofile(os.path.join(GOLDEN, name))


def bits(mask):
    return np.packbits(mask.ravel(), bitorder='little')


def filters(rng):
    image = rng.integers(0, 65536, (7, 19, 33)).astype('<u2')
    write('filters/image_7x19x33.bin', image)
    for name, sigma in (('3_3_3', (3, 3, 3)), ('0_1.5_0.7', (0, 1.5, 0.7)), ('2.2_5_8', (2.2, 5, 8))):
        write(f'filters/gaussian_{name}.bin', ndi.gaussian_filter(image.astype(float), sigma, mode='reflect').astype('<f4'))
    scaled = (image - float(image.min())) / (float(image.max()) - float(image.min()))
    for sigma in (1.0, 3.0):
        write(f'filters/dog_{sigma:g}.bin', reference.difference_of_gaussians(scaled, sigma).astype('<f4'))


def fluorescence(rng):
    """Ellipsoids through a PSF, with loss of signal along z, background and noise; 130 x 40 x 40 nm voxels."""
    shape = (10, 44, 53)
    grid = np.indices(shape).astype(float)
    image = np.zeros(shape)
    for _ in range(22):
        centre = rng.random(3) * shape
        radius = rng.uniform((0.6, 1.0, 1.0), (1.6, 4.5, 4.5))
        image += rng.uniform(0.7, 1.3) * (sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radius)) < 1)
    image = ndi.gaussian_filter(image, (1.0, 1.2, 1.2)) * np.exp(-np.arange(shape[0]) / 8)[:, None, None]
    return np.clip(np.round(rng.poisson(150 * image + 10) * 20 + 100 + rng.normal(0, 20, shape)), 0, 65535).astype('<u2')


def segmentation(rng):
    image = fluorescence(rng)
    write('segmentation/image_10x44x53.bin', image)
    spacing = (130, 40, 40)
    roi = [5.3, 4.1, 48.2, 9.7, 40.6, 40.9, 25.1, 20.2, 9.9, 41.3]
    cases = dict(
        raw=dict(sigma=1.5),
        raw_sizes=dict(sigma=1.5, sizes=(20, 90)),
        raw_roi=dict(sigma=1.5, corners=roi, z_min=2, z_max=8),
        isotropic=dict(sigma=2.5, spacing=spacing, isotropic=30),
        isotropic_all=dict(sigma=2.5, threshold=1.3, spacing=spacing, isotropic=30, sizes=(0, 95), corners=roi, z_min=0, z_max=7))
    for name, options in cases.items():
        mask = reference.segment(image, **options)
        print(name, mask.shape, mask.sum(), ndi.label(mask, np.ones((3, 3, 3)))[1])
        write(f'segmentation/mask_{name}.bin', bits(mask))

    noise = rng.random((11, 23, 67)) < 0.075
    labels, n = ndi.label(noise, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    print('components', n, 'largest', sizes.max())
    write('segmentation/noise_11x23x67.bin', bits(noise))
    write('segmentation/noise_labels.bin', labels.astype('<u2'))
    with open(os.path.join(GOLDEN, 'segmentation/noise_percentiles.csv'), 'w') as f:
        for q in (1, 5, 12.5, 50, 77, 90, 95, 99.5):
            f.write(f'{q!r},{float(np.percentile(sizes, q))!r}\n')
    for lower, upper in ((0, 99), (50, 100), (40, 95)):
        write(f'segmentation/noise_kept_{lower}_{upper}.bin', bits(reference.filter_sizes(noise, lower, upper)))


if __name__ == '__main__':
    filters(np.random.default_rng(1))
    segmentation(np.random.default_rng(2))
