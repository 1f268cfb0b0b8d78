#!/usr/bin/python3
"""Labels to meshes and tables at size: a volume of ellipsoids that do not touch, through clemreg mesh.

    benchmarks/mesh_512.py --out DIR [--side 512] [--count 500] [--format stl,obj] [--seed 1]

SIDE cubed voxels of 10 nm with COUNT ellipsoids, one label each, of radii of 14 to 30 voxels along each axis. Prints the share of the volume that they fill, and of the whole run of the launcher (Java, reading, tables, picture and view included) seconds by the
clock, CPU seconds, the most memory and what it says of itself.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import time

import numpy as np
import tifffile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RADII = 14, 30


def volume(side, count, rng):
    """Labels, z y x. Places are tried at random until an ellipsoid touches none that is there."""
    labels, placed, tried = np.zeros((side,) * 3, np.uint16), 0, 0
    while placed < count:
        tried += 1
        if tried > 1000 * count:
            raise SystemExit(f'only {placed} of {count} ellipsoids have room: take a larger --side')
        radii = rng.uniform(*RADII, 3)
        centre = rng.uniform(0, side, 3)
        low = np.maximum(0, np.floor(centre - radii - 1).astype(int))
        high = np.minimum(side, np.ceil(centre + radii + 2).astype(int))
        part = labels[tuple(slice(a, b) for a, b in zip(low, high))]
        axes = [((np.arange(a, b) - c) / (r + 1)) ** 2 for a, b, c, r in zip(low, high, centre, radii)]
        if part[(axes[0][:, None, None] + axes[1][:, None] + axes[2]) <= 1].any():
            continue
        axes = [((np.arange(a, b) - c) / r) ** 2 for a, b, c, r in zip(low, high, centre, radii)]
        placed += 1
        part[(axes[0][:, None, None] + axes[1][:, None] + axes[2]) <= 1] = placed
    return labels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', required=True)
    parser.add_argument('--side', type=int, default=512)
    parser.add_argument('--count', type=int, default=500)
    parser.add_argument('--format', default='stl,obj')
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    labels = volume(args.side, args.count, np.random.default_rng(args.seed))
    path = os.path.join(args.out, 'labels.tif')
    tifffile.imwrite(path, labels, imagej=True, metadata={'axes': 'ZYX'})
    start = time.monotonic()
    subprocess.run([ROOT / 'scripts' / 'clemreg', 'mesh', '--labels', path, '--spacing', '10,10', '--format', args.format, '--out', os.path.join(args.out, 'meshes'), '--overwrite'], check=True)
    wall, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f'{args.side} cubed, {args.count} ellipsoids, {100 * (labels > 0).mean():.1f} % filled: {wall:.1f} s by the clock, {used.ru_utime + used.ru_stime:.1f} CPU s, {used.ru_maxrss / 2 ** 20:.2f} GiB at most, load {os.getloadavg()[0]:.1f}')


if __name__ == '__main__':
    main()
