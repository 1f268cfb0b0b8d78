#!/usr/bin/python3
"""Which smoothing along z brings a mask whose slices jitter, or are missing, nearest to the truth.

    benchmarks/smooth_slices.py

The truth: 14 capsules of 60 to 160 nm radius. Damage: whole slices shifted (or the outline of each displaced by a smooth random field) by a standard deviation in nm, and a part of the slices (or
of the outlines in them) missing. Smoothing: the median of n slices (vote, what clean_mask does), the mean of signed distances in the slice that are cut off at some nm, and the same without the
largest and the least. Figures: mean Dice coefficient with the truth over two volumes.
"""
import numpy as np
import scipy.ndimage as ndi


def capsules(size, spacing, count, seed):
    rng = np.random.default_rng(seed)
    extent = np.array(size) * spacing
    grid = np.stack(np.meshgrid(*[np.arange(n) * s for n, s in zip(size, spacing)], indexing='ij'), -1).astype(np.float32)
    mask = np.zeros(size, bool)
    for _ in range(count):
        centre, axis, length, radius = (rng.uniform(0, 1, 3) * extent).astype(np.float32), rng.normal(size=3), rng.uniform(200, 900), rng.uniform(60, 160)
        axis = (axis / np.linalg.norm(axis)).astype(np.float32)
        offset = grid - centre
        offset -= np.clip(offset @ axis, -length / 2, length / 2)[..., None] * axis
        mask |= (offset * offset).sum(-1) < radius * radius
    return mask


def shifted(mask, jitter, missing, rng, spacing):
    result = np.zeros_like(mask)
    for z in range(len(mask)):
        if rng.random() >= missing:
            result[z] = np.roll(mask[z], tuple(np.rint(rng.normal(0, jitter, 2) / spacing[1:]).astype(int)), (0, 1))
    return result


def redrawn(mask, jitter, missing, rng, spacing):
    result = np.zeros_like(mask)
    distance = distances(mask, spacing, np.inf)
    for z in range(len(mask)):
        field = ndi.gaussian_filter(rng.standard_normal(mask[z].shape), 8)
        labels, count = ndi.label(distance[z] + field * jitter / field.std() > 0)
        result[z] = (labels > 0) & ~np.isin(labels, 1 + np.flatnonzero(rng.random(count) < missing))
    return result


def distances(mask, spacing, cut):
    """In each slice: positive inside."""
    far = 1e6
    return np.stack([np.clip((ndi.distance_transform_edt(s, spacing[1:]) if not s.all() else far) - (ndi.distance_transform_edt(~s, spacing[1:]) if s.any() else far), -cut, cut) for s in mask])


def smooth(values, slices, combine):
    result = np.empty(values.shape, bool)
    for z in range(len(values)):
        half = min(slices // 2, z, len(values) - 1 - z)
        result[z] = combine(values[z - half:z + half + 1])
    return result


def vote(window):
    return window.sum(0) > len(window) // 2


def mean(window):
    return window.mean(0) > 0


def trimmed(window):
    return (np.sort(window, 0)[1:-1] if len(window) > 2 else window).mean(0) > 0


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def main():
    ways = [('median of 3', 3, vote, None), ('median of 5', 5, vote, None), ('median of 7', 7, vote, None), ('mean of 3, cut at 20', 3, mean, 20), ('mean of 3, cut at 40', 3, mean, 40),
            ('mean of 3, not cut', 3, mean, np.inf), ('mean of 5, cut at 20', 5, mean, 20), ('mean of 5, cut at 40', 5, mean, 40), ('trimmed mean of 5, cut at 40', 5, trimmed, 40)]
    cases = [('nothing', shifted, 0, 0), ('shifts 10 nm', shifted, 10, 0), ('shifts 20 nm', shifted, 20, 0), ('shifts 20 nm, 5 % missing', shifted, 20, 0.05), ('5 % missing', shifted, 0, 0.05),
             ('outlines 20 nm', redrawn, 20, 0), ('outlines 20 nm, 5 % missing', redrawn, 20, 0.05), ('5 % of outlines missing', redrawn, 0, 0.05)]
    for spacing, size in (((25, 5, 5), (40, 256, 256)), ((50, 5, 5), (24, 256, 256)), ((10, 10, 10), (100, 128, 128))):
        print(f'\nvoxels of {spacing} nm\n\n| damage | before | ' + ' | '.join(w[0] for w in ways) + ' |\n|' + '---|' * (len(ways) + 2))
        truths = [capsules(size, np.array(spacing, float), 14, seed) for seed in range(2)]
        for name, damage, jitter, missing in cases:
            figures = []
            for seed, truth in enumerate(truths):
                damaged = damage(truth, jitter, missing, np.random.default_rng(seed + 9), np.array(spacing, float))
                figures.append([dice(damaged, truth)] + [dice(smooth(damaged if cut is None else distances(damaged, spacing, cut), n, combine), truth) for _, n, combine, cut in ways])
            print(f'| {name} | ' + ' | '.join(f'{v:.3f}' for v in np.mean(figures, 0)) + ' |', flush=True)


if __name__ == '__main__':
    main()
