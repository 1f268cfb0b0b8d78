#!/usr/bin/env python3
"""Golden masks of the room Cleaning, by SciPy 1.10: holes, openings and closings with an ellipsoid, objects by size, a median along z.

  python3 tests/golden-scripts/cleaning.py

Writes tests/ClemReg.Algorithms.Tests/golden/cleaning/: masks.bin, the masks one after the other, each packed 8 voxels a byte, first voxel in bit 0, z, y, x with x fastest; and cases.csv, a
line a mask: its source, size (z,y,x), spacing (z,y,x), operation ("source": the source itself), its number (radius in nm, largest hole or least size in voxels, slices).
"""
import os

import numpy as np
from scipy import ndimage as ndi

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'cleaning')
os.makedirs(OUT, exist_ok=True)
CASES, MASKS = [], []


def case(source, spacing, operation, number, result):
    CASES.append(','.join(str(v) for v in (source, *result.shape, *(f'{s:g}' for s in spacing), operation, f'{number:g}')))
    MASKS.append(np.packbits(np.ascontiguousarray(result).ravel(), bitorder='little'))


def ellipsoid(spacing, radius, flat):
    """Offsets whose distance in nm is at most the radius."""
    reach = [0 if flat and a == 0 else int(radius * (1 + 1e-9) / s) for a, s in enumerate(spacing)]
    grid = np.meshgrid(*[np.arange(-r, r + 1) * s for r, s in zip(reach, spacing)], indexing='ij')
    return sum(g * g for g in grid) <= radius * radius * (1 + 1e-9)


def opened(mask, element):
    """As binary_opening, but what lies beyond the border does not wear the mask away."""
    return ndi.binary_dilation(ndi.binary_erosion(mask, element, border_value=1), element)


def closed(mask, element):
    return ndi.binary_erosion(ndi.binary_dilation(mask, element), element, border_value=1)


def median(mask, slices):
    result = mask.copy()
    for z in range(len(mask)):
        half = min(slices // 2, z, len(mask) - 1 - z)
        result[z] = mask[z - half:z + half + 1].sum(0) > half
    return result


def large(mask, least):
    labels, count = ndi.label(mask, np.ones((3, 3, 3)))
    return np.isin(labels, 1 + np.flatnonzero(ndi.sum_labels(mask, labels, np.arange(1, count + 1)) >= least))


def small_holes(mask, largest, slices):
    """Holes of up to so many voxels, found one by one."""
    result = mask.copy()
    for part, target in zip(mask, result) if slices else [(mask, result)]:
        holes, count = ndi.label(ndi.binary_fill_holes(part) & ~part)
        sizes = ndi.sum_labels(np.ones(part.shape), holes, np.arange(1, count + 1))
        target |= np.isin(holes, 1 + np.flatnonzero(sizes <= largest)) & (holes > 0)
    return result


def blobs(rng, size, sigma, share):
    noise = ndi.gaussian_filter(rng.standard_normal(size), sigma)
    return noise > np.quantile(noise, 1 - share)


rng = np.random.default_rng(22)
SOURCES = {
    'blobs': (blobs(rng, (14, 37, 67), (1, 2, 2), 0.3), (25, 10, 10)),
    'fine': (blobs(rng, (9, 40, 130), (0.7, 1.2, 1.2), 0.5), (35.3, 8.1, 7.9)),
    'cubic': (blobs(rng, (22, 24, 64), 1.6, 0.4), (10, 10, 10)),
    # Shells with holes of several sizes: some open in a slice, some nowhere.
    'shells': (~blobs(rng, (16, 33, 65), 1.3, 0.18), (20, 10, 10)),
}
# Away from the border ours is SciPy's own opening and closing.
inner = np.zeros((20, 40, 70), bool)
inner[6:-6, 12:-12, 12:-12] = blobs(rng, (8, 16, 46), (1, 1.5, 1.5), 0.5)
SOURCES['inner'] = (inner, (25, 10, 10))

for name, (mask, spacing) in SOURCES.items():
    case(name, spacing, 'source', 0, mask)
    for radius in (10, 25.5, 50):
        for flat in (False, True):
            element = ellipsoid(spacing, radius, flat)
            if element.size == 1:
                continue
            own = name == 'inner'
            case(name, spacing, 'open_flat' if flat else 'open', radius, ndi.binary_opening(mask, element) if own else opened(mask, element))
            case(name, spacing, 'close_flat' if flat else 'close', radius, ndi.binary_closing(mask, element) if own else closed(mask, element))
    case(name, spacing, 'holes_volume', 0, ndi.binary_fill_holes(mask))
    case(name, spacing, 'holes_slices', 0, np.stack([ndi.binary_fill_holes(s) for s in mask]))
    case(name, spacing, 'holes_volume', 5, small_holes(mask, 5, False))
    case(name, spacing, 'holes_slices', 5, small_holes(mask, 5, True))
    for slices in (3, 7, 15):
        case(name, spacing, 'smooth', slices, median(mask, slices))
    for least in (20, 200):
        case(name, spacing, 'size', least, large(mask, least))
np.concatenate(MASKS).tofile(os.path.join(OUT, 'masks.bin'))
with open(os.path.join(OUT, 'cases.csv'), 'w') as out:
    out.write('\n'.join(CASES) + '\n')
