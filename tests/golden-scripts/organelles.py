#!/usr/bin/env python3
"""Golden masks of recipes: the steps of a recipe by SciPy and scikit-image in boxes of a scene.

    /usr/bin/python3 tests/golden-scripts/organelles.py     # writes tests/ClemReg.Algorithms.Tests/golden/organelles/recipes.bin

The scene (height, width int32, float32 y, x), then for each case: x, y, width, height of the box, blur, erosion, dilation, margin, dark, fill (10 int32, blur in tenths of a pixel), then the grey values after the
dilation (float32) and the mask (float32 0 or 1) in the box with and without its margin. Little-endian. Made with NumPy 1.24, SciPy 1.10, scikit-image 0.19 (Debian 12).
"""
import os

import numpy as np
from scipy import ndimage as ndi
from skimage import filters, measure, morphology

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'organelles')


def scene(height, width, seed):
    """Discs and rings of any grey on a noisy slope."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(float)
    image = 120 + 40 * x / width
    for _ in range(14):
        cy, cx, r, v = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(5, 14), rng.uniform(20, 235)
        d = np.hypot(y - cy, x - cx)
        image[(d < r) & (d > (0 if rng.random() < 0.5 else r / 2))] = v
    return np.round(np.clip(ndi.gaussian_filter(image, 0.7) + rng.normal(0, 8, image.shape), 0, 255)).astype('f4')


def grey(image, box, blur, erode, dilate, margin, dark):
    x, y, w, h = box
    top, left, bottom, right = max(0, y - margin), max(0, x - margin), min(image.shape[0], y + h + margin), min(image.shape[1], x + w + margin)
    part = (-1 if dark else 1) * image[top:bottom, left:right].astype('f4')
    if blur:
        part = ndi.gaussian_filter(part, blur / 10).astype('f4')
    if erode:
        part = morphology.erosion(part, morphology.disk(erode))
    if dilate:
        part = morphology.dilation(part, morphology.disk(dilate))
    return part, y - top, x - left


def mask(part, top, left, box, fill):
    m = (part > filters.threshold_otsu(part.astype('f8')))[top:top + box[3], left:left + box[2]]
    pieces = measure.label(m, connectivity=2)
    if pieces.max() > 1:
        m = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    return ndi.binary_fill_holes(m) if fill else m


def main():
    os.makedirs(OUT, exist_ok=True)
    image = scene(96, 120, 5)
    rng = np.random.default_rng(7)
    with open(os.path.join(OUT, 'recipes.bin'), 'wb') as f:
        f.write(np.array(image.shape, '<i4').tobytes() + image.astype('<f4').tobytes())
        for case in range(40):
            w, h = (int(v) for v in rng.integers(6, 45, 2))
            box = (int(rng.integers(0, 120 - w + 1)), int(rng.integers(0, 96 - h + 1)), w, h)
            steps = (int(rng.choice([0, 7, 10, 23, 60])), int(rng.integers(0, 5)), int(rng.integers(0, 5)), int(rng.choice([0, 0, 3, 9])), int(rng.integers(0, 2)), int(rng.integers(0, 2)))
            part, top, left = grey(image, box, *steps[:5])
            m = mask(part, top, left, box, steps[5])
            f.write(np.array(box + steps, '<i4').tobytes() + np.array(part.shape, '<i4').tobytes() + part.astype('<f4').tobytes() + m.astype('<f4').tobytes())
            print(case, box, steps, int(m.sum()))


main()
