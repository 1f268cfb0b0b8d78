#!/usr/bin/env python3
"""The fluorescence segmentation of CLEM-Reg in SciPy and NumPy: what a user would run instead, and what ours is compared with.

    reference_segmentation.py FM.tif MASK.tif [options]

FM.tif is a stack (z, y, x); MASK.tif is written as 0 and 255. Steps: scale to 0..1, difference of Gaussians G(sigma) - G(1.6 sigma),
each slice stretched to 0..255 (whole numbers) and thresholded at a multiple of its mean, size filter between two percentiles of the
objects' voxel counts, region of interest. Prints one line of JSON: seconds without reading and writing, foreground voxels, peak memory.
Needs numpy, scipy, tifffile (Debian's python3-scipy, python3-tifffile).
"""
import argparse
import json
import resource
import time

import numpy as np
import tifffile
from scipy import ndimage as ndi


def resample_isotropic(volume, spacing, iso):
    """Linear interpolation at isotropic voxel centres that cover the same box; clamped at the borders."""
    for axis, h in enumerate(spacing):
        n = volume.shape[axis]
        m = max(1, round(n * h / iso))
        u = np.clip((np.arange(m) + 0.5) * iso / h - 0.5, 0, n - 1)
        i = np.minimum(u.astype(int), max(n - 2, 0))
        f = (u - i).reshape([-1 if a == axis else 1 for a in range(3)])
        volume = (1 - f) * volume.take(i, axis) + f * volume.take(np.minimum(i + 1, n - 1), axis)
    return volume


def difference_of_gaussians(volume, sigma):
    narrow = wide = volume
    for axis in range(3):
        narrow = ndi.gaussian_filter1d(narrow, sigma, axis=axis)
        wide = ndi.gaussian_filter1d(wide, 1.6 * sigma, axis=axis)
    return narrow - wide


def threshold_slices(filtered, threshold):
    mask = np.zeros(filtered.shape, bool)
    for z, s in enumerate(filtered):
        low, high = s.min(), s.max()
        if high - low <= 1e-6:          # rounding only: a flat slice has no foreground
            continue
        levels = ((s - low) / (high - low) * 255).astype(np.uint8)
        mask[z] = levels >= threshold * levels.sum() / levels.size
    return mask


def filter_sizes(mask, lower, upper):
    labels, n = ndi.label(mask, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    keep = np.ones(n, bool)
    if n and lower > 0:
        keep &= sizes > np.percentile(sizes, lower)
    if n and upper < 100:
        keep &= sizes < np.percentile(sizes, upper)
    return np.concatenate([[False], keep])[labels]


def inside_polygon(x, y, corners):
    inside = np.zeros(np.broadcast(x, y).shape, bool)
    for (x0, y0), (x1, y1) in zip(np.roll(corners, 1, axis=0), corners):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def clear_outside(mask, voxel, corners, z_min, z_max):
    """Corners in ImageJ's pixel coordinates of the image; slices from 1, 0 for no limit; voxel: the mask's voxel in image pixels."""
    centre = [(np.arange(m) + 0.5) * v for m, v in zip(mask.shape, voxel)]
    slices = np.floor(centre[0]) + 1
    mask &= ((slices >= z_min) & (slices <= (z_max or np.inf)))[:, None, None]
    if corners:
        mask &= inside_polygon(centre[2][None, :], centre[1][:, None], np.array(corners, float).reshape(-1, 2))
    return mask


def segment(volume, sigma=3.0, threshold=1.2, spacing=None, isotropic=0.0, sizes=None, corners=None, z_min=0, z_max=0):
    low, high = volume.min(), volume.max()
    volume = (volume - float(low)) / (float(high) - float(low))
    if isotropic:
        volume = resample_isotropic(volume, spacing, isotropic)
    mask = threshold_slices(difference_of_gaussians(volume, sigma), threshold)
    if sizes:
        mask = filter_sizes(mask, *sizes)
    if corners or z_min or z_max:
        voxel = [isotropic / h for h in spacing] if isotropic else (1, 1, 1)
        mask = clear_outside(mask, voxel, corners, z_min, z_max)
    return mask


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('image')
    ap.add_argument('mask')
    ap.add_argument('--log-sigma', type=float, default=3.0)
    ap.add_argument('--log-threshold', type=float, default=1.2)
    ap.add_argument('--isotropic-spacing', type=float, default=0, metavar='NM', help='segment on isotropic voxels of this size (default: raw voxels)')
    ap.add_argument('--spacing', type=float, nargs=2, metavar=('Z', 'XY'), help='voxel size of the image in nm, needed for the above')
    ap.add_argument('--filter-size', type=float, nargs=2, metavar=('LOWER', 'UPPER'), help='percentiles; default: no size filter')
    ap.add_argument('--roi', type=float, nargs='+', metavar='X Y', help='corners of a polygon in pixels of the image')
    ap.add_argument('--z-min', type=int, default=0)
    ap.add_argument('--z-max', type=int, default=0)
    a = ap.parse_args()
    if a.isotropic_spacing and not a.spacing:
        ap.error('--isotropic-spacing needs --spacing')
    image = tifffile.imread(a.image)
    start = time.perf_counter()
    mask = segment(image, a.log_sigma, a.log_threshold, a.spacing and (a.spacing[0], a.spacing[1], a.spacing[1]), a.isotropic_spacing,
                   a.filter_size, a.roi, a.z_min, a.z_max)
    seconds = time.perf_counter() - start
    tifffile.imwrite(a.mask, mask.astype(np.uint8) * 255, compression='zlib')
    print(json.dumps(dict(seconds=round(seconds, 3), voxels=mask.size, foreground=int(mask.sum()),
                          peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))


if __name__ == '__main__':
    main()
