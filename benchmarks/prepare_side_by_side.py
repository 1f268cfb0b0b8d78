#!/usr/bin/python3
"""Binning and alignment by clemreg beside SciPy and scikit-image, on one stack, in one run.

    benchmarks/prepare_side_by_side.py --out DIR [--size 106,1750,1484]

The stack: blurred noise that changes from slice to slice as EM does (neighbours correlate by 0.9, without any direction), shifted by known
amounts, with noise of its own in each slice. Times are those of whole processes: start, reading and writing included.
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
PITCH = 10.0  # nm


def make(folder, size):
    rng = np.random.default_rng(1)
    depth, height, width = size
    pad = 20
    shifts = rng.uniform(-5, 5, (depth, 2))
    texture = None
    with tifffile.TiffWriter(folder / 'stack.tif', imagej=True) as out:
        slices = np.empty(size, np.uint8)
        for z in range(depth):
            fresh = ndi.gaussian_filter(rng.standard_normal((height + 2 * pad, width + 2 * pad), np.float32), 3)
            fresh /= fresh.std()
            texture = fresh if texture is None else 0.9 * texture + np.sqrt(1 - 0.81) * fresh
            moved = ndi.shift(texture, -shifts[z], order=3)[pad:-pad, pad:-pad]
            slices[z] = np.clip(np.rint(128 + 30 * moved + 8 * rng.standard_normal((height, width))), 0, 255)
        out.write(slices, resolution=(1e3 / PITCH, 1e3 / PITCH), metadata={'axes': 'ZYX', 'spacing': PITCH / 1e3, 'unit': 'um'})
    np.save(folder / 'shifts.npy', shifts)


def reference(task, source, target):
    if task == 'bin':
        from skimage.transform import downscale_local_mean
        image = tifffile.imread(source)
        image = image[tuple(slice(n // 2 * 2) for n in image.shape)]
        tifffile.imwrite(target, np.rint(downscale_local_mean(image, (2, 2, 2))).astype(np.uint8))
        return
    from skimage.registration import phase_cross_correlation
    from skimage.transform import downscale_local_mean
    image = tifffile.imread(source)
    total, before, shifts = np.zeros(2), None, []
    for z, plane in enumerate(image):
        small = downscale_local_mean(plane, (2, 2)).astype(np.float32)
        small = ndi.gaussian_filter(small, 1) - ndi.gaussian_filter(small, 8)
        if before is not None:
            total = total + 2 * phase_cross_correlation(before, small, upsample_factor=20, normalization=None)[0]
        shifts.append(total)
        before = small
    shifts = np.array(shifts)
    # As ours: the straight line stays in the image.
    for axis in range(2):
        shifts[:, axis] -= np.polyval(np.polyfit(np.arange(len(shifts)), shifts[:, axis], 1), np.arange(len(shifts)))
    for z in range(len(image)):
        image[z] = np.clip(np.rint(ndi.shift(image[z].astype(np.float32), shifts[z], order=1)), 0, 255)
    tifffile.imwrite(target, image)
    np.savetxt(target.with_suffix('.csv'), shifts, delimiter=',')


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(['/usr/bin/time', '-v', *map(str, command)], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stderr)
    return seconds, int(re.search(r'Maximum resident set size \(kbytes\): (\d+)', done.stderr).group(1)) / 1024


def errors(found, truth):
    """Pixels: mean over slices with the straight line taken out, and of the differences of neighbours."""
    d = found - truth
    z = np.arange(len(d))
    flat = np.stack([d[:, a] - np.polyval(np.polyfit(z, d[:, a], 1), z) for a in range(2)], 1)
    return np.abs(flat).mean(), np.abs(np.diff(d, axis=0)).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=pathlib.Path, required=True)
    parser.add_argument('--size', default='106,1750,1484')
    parser.add_argument('--reference', nargs=3, metavar=('TASK', 'IN', 'OUT'), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.reference:
        reference(args.reference[0], pathlib.Path(args.reference[1]), pathlib.Path(args.reference[2]))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    stack = args.out / 'stack.tif'
    if not stack.exists():
        make(args.out, tuple(int(n) for n in args.size.split(',')))
    truth = np.load(args.out / 'shifts.npy')
    clemreg = ROOT / 'scripts/clemreg'
    python = ['/usr/bin/python3', pathlib.Path(__file__), '--out', args.out, '--reference']
    print(f'load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n')
    print('| task | who | s | MB | error, pixels | of neighbours |\n|---|---|---|---|---|---|')
    for task, command in {
        'bin by 2 x 2 x 2': ('bin', [clemreg, 'prepare', '--source', stack, '--bin', '2', '--out', args.out / 'binned', '--overwrite']),
        'turn about x': (None, [clemreg, 'prepare', '--source', stack, '--rotate', 'x90', '--out', args.out / 'turned', '--overwrite']),
        'align, chain': ('align', [clemreg, 'align-slices', '--source', stack, '--align-method', 'chain', '--set', 'align_search_radius=20', '--out', args.out / 'chain', '--overwrite']),
        'align, chain and template': (None, [clemreg, 'align-slices', '--source', stack, '--set', 'align_search_radius=20', '--out', args.out / 'aligned', '--overwrite']),
    }.items():
        seconds, memory = timed(command[1])
        folder = command[1][-2]
        found = ['', '']
        if (folder / 'shifts.csv').exists():
            found = [f'{e:.3f}' for e in errors(np.loadtxt(folder / 'shifts.csv', delimiter=',', skiprows=1)[:, 1:3] / PITCH, truth)]
        print(f'| {task} | clemreg | {seconds:.1f} | {memory:.0f} | {found[0]} | {found[1]} |', flush=True)
        if command[0]:
            target = args.out / f'reference-{command[0]}.tif'
            seconds, memory = timed([*python, command[0], stack, target])
            found = ['', '']
            if command[0] == 'align':
                found = [f'{e:.3f}' for e in errors(np.loadtxt(target.with_suffix('.csv'), delimiter=','), truth)]
            print(f'| | scikit-image | {seconds:.1f} | {memory:.0f} | {found[0]} | {found[1]} |', flush=True)
            if command[0] == 'bin':
                ours, theirs = (tifffile.imread(f) for f in (folder / 'prepared.tif', target))
                print(f'\nbinned images: {(ours != theirs).sum()} of {ours.size} voxels differ\n', file=sys.stderr)


if __name__ == '__main__':
    main()
