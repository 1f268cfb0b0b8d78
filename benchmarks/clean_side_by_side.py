#!/usr/bin/python3
"""Cleaning a mask by clemreg beside SciPy, each step and all in a row, in one run.

    benchmarks/clean_side_by_side.py --out DIR [--size 512,512,512] [--radius 30] [--steps open,size] [--distances]

The mask: 300 capsules of 50 to 150 nm radius with cavities, noise of 1 % at their outlines, voxels of 20 x 10 x 10 nm. Times are those of whole processes: start, reading and writing included.
The opening and the closing of SciPy are made in two ways: with the ellipsoid as footprint, and by thresholds on Euclidean distances, which is faster for large radii.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import scipy.ndimage as ndi
import tifffile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPACING = (20.0, 10.0, 10.0)
SLICES, LEAST = 3, 100


def make(path, size):
    rng = np.random.default_rng(1)
    extent = np.array(size) * SPACING
    mask = np.zeros(size, bool)
    for _ in range(300):
        centre, axis, radius, length = rng.uniform(0, 1, 3) * extent, rng.normal(size=3), rng.uniform(50, 150), rng.uniform(200, 1500)
        axis /= np.linalg.norm(axis)
        reach = np.abs(axis) * length / 2 + radius
        box = [slice(max(0, int((c - r) / s)), min(n, int((c + r) / s) + 2)) for c, r, s, n in zip(centre, reach, SPACING, size)]
        if any(b.start >= b.stop for b in box):
            continue
        offset = [(np.arange(b.start, b.stop) * s - c).reshape([-1 if i == a else 1 for i in range(3)]) for a, (b, s, c) in enumerate(zip(box, SPACING, centre))]
        along = np.clip(sum(o * a for o, a in zip(offset, axis)), -length / 2, length / 2)
        square = sum((o - along * a) ** 2 for o, a in zip(offset, axis))
        mask[tuple(box)] |= (square < radius ** 2) & (square >= (radius / 4) ** 2)
    for z in range(size[0]):
        mask[z] ^= rng.random(size[1:]) < 0.01
    tifffile.imwrite(path, mask.astype(np.uint8) * 255, imagej=True, resolution=(1e3 / SPACING[2], 1e3 / SPACING[1]),
                     metadata={'axes': 'ZYX', 'spacing': SPACING[0] / 1e3, 'unit': 'um'})


def ellipsoid(radius):
    reach = [int(radius * (1 + 1e-9) / s) for s in SPACING]
    grid = np.meshgrid(*[np.arange(-r, r + 1) * s for r, s in zip(reach, SPACING)], indexing='ij')
    return sum(g * g for g in grid) <= radius * radius * (1 + 1e-9)


def within(mask, radius):
    if not mask.any():
        return mask
    return ndi.distance_transform_edt(~mask, sampling=SPACING) <= radius * (1 + 1e-9)


def reference(step, source, target, radius):
    mask = tifffile.imread(source) > 0
    element = ellipsoid(radius)
    for one in ('fill', 'open', 'close', 'smooth', 'size') if step == 'all' else [step]:
        if one == 'fill':
            mask = ndi.binary_fill_holes(mask)
        elif one == 'open':
            mask = ndi.binary_dilation(ndi.binary_erosion(mask, element, border_value=1), element)
        elif one == 'close':
            mask = ndi.binary_erosion(ndi.binary_dilation(mask, element), element, border_value=1)
        elif one == 'open by distances':
            mask = within(~within(~mask, radius), radius)
        elif one == 'close by distances':
            mask = ~within(~within(mask, radius), radius)
        elif one == 'smooth':
            inner = mask[:-2].astype(np.uint8) + mask[1:-1] + mask[2:] >= 2
            mask[1:-1] = inner
        else:
            labels, _ = ndi.label(mask, np.ones((3, 3, 3)))
            mask = (np.bincount(labels.ravel()) >= LEAST)[labels] & mask
    tifffile.imwrite(target, mask.astype(np.uint8) * 255)


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(['/usr/bin/time', '-v', *map(str, command)], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    return seconds, int(re.search(r'Maximum resident set size \(kbytes\): (\d+)', done.stderr).group(1)) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=pathlib.Path, required=True)
    parser.add_argument('--size', default='512,512,512')
    parser.add_argument('--radius', type=float, default=30)
    parser.add_argument('--steps', default='fill,open,close,smooth,size,all')
    parser.add_argument('--distances', action='store_true', help="SciPy's opening and closing by distances too: some 7 GB")
    parser.add_argument('--reference', nargs=3, metavar=('STEP', 'IN', 'OUT'), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.reference:
        reference(args.reference[0], pathlib.Path(args.reference[1]), pathlib.Path(args.reference[2]), args.radius)
        return
    args.out.mkdir(parents=True, exist_ok=True)
    source = args.out / 'mask.tif'
    if not source.exists():
        make(source, tuple(int(n) for n in args.size.split(',')))
    radius = f'{args.radius:g}'
    steps = {'fill': ['--fill-holes', 'volume'], 'open': ['--open-radius', radius], 'close': ['--close-radius', radius], 'smooth': ['--smooth-slices', SLICES], 'size': ['--minimum-size', LEAST]}
    steps['all'] = [option for step in steps.values() for option in step]
    print(f'load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors; radius {radius} nm\n')
    print('| step | who | s | MB | voxels that differ |\n|---|---|---|---|---|')
    for step in args.steps.split(','):
        options = steps[step]
        ours = args.out / f'{step}.tif'
        seconds, memory = timed([ROOT / 'scripts/clemreg', 'clean-mask', '--source', source, *options, '--out', ours, '--overwrite'])
        print(f'| {step} | clemreg | {seconds:.1f} | {memory:.0f} | |', flush=True)
        for way in [step] + ([f'{step} by distances'] if args.distances and step in ('open', 'close') else []):
            theirs = args.out / f'{way} by SciPy.tif'
            seconds, memory = timed(['/usr/bin/python3', pathlib.Path(__file__), '--out', args.out, '--radius', radius, '--reference', way, source, theirs])
            print(f'| | SciPy{way[len(step):]} | {seconds:.1f} | {memory:.0f} | {(tifffile.imread(ours) != tifffile.imread(theirs)).sum()} |', flush=True)
            theirs.unlink()


if __name__ == '__main__':
    main()
