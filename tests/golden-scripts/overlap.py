#!/usr/bin/env python3
"""Golden table of structure overlaps, with scikit-image's threshold_otsu and regionprops.

    overlap.py        # writes tests/ClemReg.Algorithms.Tests/golden/evaluation

Raw little-endian arrays, z, y, x with x fastest. Made with NumPy 1.24, SciPy 1.10, scikit-image 0.19.
"""
import os

import numpy as np
from scipy import ndimage as ndi
from skimage.filters import threshold_otsu
from skimage.measure import regionprops

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'evaluation')
SHAPE = (9, 31, 37)


def rows(image, labels):
    for region in regionprops(labels):
        box = tuple(slice(a, b) for a, b in zip(region.bbox[:3], region.bbox[3:]))
        crop, structure = image[box], labels[box] == region.label
        above = crop > threshold_otsu(crop)
        hits = np.count_nonzero(above & structure)
        yield (region.label, region.area, threshold_otsu(crop), hits / region.area, 2 * hits / (region.area + above.sum()), hits / above.sum())


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    rng = np.random.default_rng(7)
    labels = np.zeros(SHAPE, '<u2')
    grid = np.indices(SHAPE)
    for k, (centre, radius) in enumerate([((4, 8, 9), 5), ((3, 20, 25), 7), ((7, 25, 6), 3), ((1, 5, 30), 4)]):
        labels[sum((g - c) ** 2 for g, c in zip(grid, centre)) <= radius ** 2] = 3 * k + 2
    image = ndi.gaussian_filter(np.roll(labels > 0, (1, 2, 1), (0, 1, 2)).astype(float), 1.2) * 3000 + rng.normal(400, 120, SHAPE)
    image = np.clip(image, 0, 65535).astype('<u2')
    labels.tofile(os.path.join(GOLDEN, 'labels_9x31x37.bin'))
    image.tofile(os.path.join(GOLDEN, 'image_9x31x37.bin'))
    for name, voxels in (('uint16', image), ('uint8', (image // 20).astype('u1')), ('float', (image / np.float32(7)).astype('<f4'))):
        np.savetxt(os.path.join(GOLDEN, f'overlap_{name}.csv'), list(rows(voxels, labels)), delimiter=',', fmt='%.12g')


if __name__ == '__main__':
    main()
