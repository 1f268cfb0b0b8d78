#!/usr/bin/env python3
"""Golden comparison of two label images: scikit-image's contingency table, SciPy's assignment, the rules for parts in plain NumPy.

    compare.py        # writes tests/ClemReg.Algorithms.Tests/golden/comparison

labels: raw little-endian uint16, z, y, x with x fastest, side a and then side b, a class for each label in classes.csv (side,label,class).
counts.csv: class,limit,objects_a,objects_b,tp,fp,fn,fragments; pairs.csv: limit,label_a,label_b,iou of the one-to-one pairs; volumes.csv: class,a,b,both.
Made with NumPy 1.24, SciPy 1.10, scikit-image 0.19.
"""
import os

import numpy as np
from scipy import ndimage as ndi
from scipy.optimize import linear_sum_assignment
from skimage.metrics import contingency_table
from skimage.segmentation import watershed

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'comparison')
SHAPE = (12, 70, 80)
LIMITS = (0.1, 0.25, 0.5)
CLASSES = ('mito', 'lyso', 'endo')


def cells(rng, count):
    """Irregular objects of very different sizes."""
    seeds = np.zeros(SHAPE, int)
    for k in range(count):
        seeds[tuple(rng.integers(0, n) for n in SHAPE)] = k + 1
    far = ndi.distance_transform_edt(seeds == 0, sampling=(3, 1, 1)) + 8 * ndi.gaussian_filter(rng.normal(size=SHAPE), (1, 2, 2))
    labels = watershed(far, seeds)
    labels[far > 17] = 0
    return labels


def moved(rng, labels):
    """The same objects shifted, some split by a plane, some joined, some gone, some new."""
    other = np.roll(labels, (0, 1, -1), (0, 1, 2))
    other[rng.random(SHAPE) < 0.02] = 0
    ids = np.unique(other)[1:]
    following = ids.max()
    z, y, x = np.indices(SHAPE)
    for k in ids:
        fate = rng.random()
        if fate < 0.35:
            following += 1
            other[(other == k) & (x > x[other == k].mean() + rng.integers(-5, 6))] = following
        elif fate < 0.45:
            other[other == k] = rng.choice(ids)
        elif fate < 0.5:
            other[other == k] = 0
    return other


def match(iou, limit):
    """As many pairs as can be, then the largest sum of IoU."""
    good = iou >= limit
    if not good.any():
        return []
    share = 1 / (2 * min(iou.shape))
    rows, columns = linear_sum_assignment(-(good * (1 + share * iou)))
    return [(r, c) for r, c in zip(rows, columns) if good[r, c]]


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    rng = np.random.default_rng(5)
    b = cells(rng, 60)
    a = moved(rng, b)
    # Numbers with gaps.
    a, b = np.where(a > 0, 3 * a + 5, 0), np.where(b > 0, 7 * b, 0)
    with open(os.path.join(GOLDEN, 'labels.bin'), 'wb') as file:
        for side in (a, b):
            file.write(side.astype('<u2').tobytes())
    classes = {}
    for side, labels in (('a', a), ('b', b)):
        for label in np.unique(labels)[1:]:
            near = b[labels == label]
            near = near[near > 0]
            # A side-a object mostly has the class of what it lies in.
            own = np.bincount(near).argmax() if near.size else label
            classes[side, label] = CLASSES[(own // 7) % 3 if side == 'b' or rng.random() < 0.8 else rng.integers(3)]
    table = contingency_table(b.ravel(), a.ravel()).toarray()   # rows: labels of b, columns: of a
    counts, pairs, volumes = [], [], []
    for name in CLASSES:
        of_a = [l for s, l in classes if s == 'a' and classes[s, l] == name]
        of_b = [l for s, l in classes if s == 'b' and classes[s, l] == name]
        inter = table[np.ix_(of_b, of_a)].T.astype(float)
        size_a, size_b = np.array([(a == l).sum() for l in of_a]), np.array([(b == l).sum() for l in of_b])
        iou = inter / (size_a[:, None] + size_b[None] - inter)
        volumes.append((name, size_a.sum(), size_b.sum(), int(inter.sum())))
        for limit in LIMITS:
            chosen = match(iou, limit)
            pairs += [(limit, of_a[r], of_b[c], iou[r, c]) for r, c in chosen]
            partner, taken = {c: r for r, c in chosen}, {r for r, _ in chosen}
            home = {}
            for r in range(len(of_a)):
                c = inter[r].argmax()
                if r not in taken and 2 * inter[r, c] >= size_a[r]:
                    home.setdefault(c, []).append(r)
            found, used = 0, 0
            for c in range(len(of_b)):
                lying = home.get(c, [])
                if c in partner:
                    found, used = found + 1, used + 1 + len(lying)
                elif lying:
                    both = inter[lying, c].sum()
                    if both / (size_a[lying].sum() + size_b[c] - both) >= limit:
                        found, used = found + 1, used + len(lying)
            counts.append((name, limit, len(of_a), len(of_b), found, len(of_a) - used, len(of_b) - found, used - found))

    def write(file, rows):
        with open(os.path.join(GOLDEN, file), 'w') as out:
            for row in rows:
                out.write(','.join(f'{v:.12g}' if isinstance(v, float) else str(v) for v in row) + '\n')

    write('classes.csv', [(s, l, c) for (s, l), c in classes.items()])
    write('counts.csv', counts)
    write('pairs.csv', [(float(t), x, y, float(v)) for t, x, y, v in pairs])
    write('volumes.csv', volumes)


if __name__ == '__main__':
    main()
