#!/usr/bin/env python3
"""The thin-plate warp of this software beside SciPy doing the same, on one made-up sample in one run.

  benchmarks/thin_plate.py [--points 1686] [--order 1] [--grid 5] [--budget 512] [--scale 1] [--no-scipy] [--out FOLDER]

The sample has the size of the published one: 40 x 1163 x 1005 16-bit voxels of 130 x 35.3 nm onto 106 x 1750 x 1484 voxels of 20 nm
(--scale divides both in y and x), landmarks spread over it and moved by a similarity, a smooth bend of up to 300 nm and --noise nm.
SciPy: RBFInterpolator(kernel='linear', degree=1) from target to source on the same coarse grid, positions interpolated linearly,
map_coordinates; it is not the exact inverse, so images differ a little. Wall seconds; a shared machine: take ratios of one run.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def sample(args, folder):
    rng = np.random.default_rng(3)
    size = np.array([40, 1163 // args.scale, 1005 // args.scale])
    target = np.array([106, 1750 // args.scale, 1484 // args.scale])
    extent = size * (130, 35.3, 35.3)
    z, y, x = np.meshgrid(*[np.arange(n) for n in size], indexing='ij', sparse=True)
    image = 2000 + 800 * np.sin(z / 5) + 700 * np.sin(y / 37 + z / 9) * np.cos(x / 29)
    image = (image + 100 * rng.random(size)).astype('<u2')
    image.tofile(folder + '/fm.raw')
    points = rng.uniform((0, 0, 0), extent, (args.points, 3))
    turn = np.deg2rad(3)
    turn = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
    centre = extent / 2
    bend = 300 * np.stack([np.sin(points[:, 1] / 6000), np.cos(points[:, 2] / 5000), np.sin(points[:, 1] / 7000 + points[:, 2] / 6000)], 1) / 3 ** .5
    moved = (points - centre) @ turn.T + (target * 20) / 2 + bend + rng.normal(0, args.noise, points.shape)
    np.savetxt(folder + '/landmarks.csv', np.hstack([points, moved]), '%.17g', ',', header='z,y,x,target_z,target_y,target_x', comments='')
    return image, points, moved, size, target


def scipy_warp(image, points, moved, target, args):
    from scipy.interpolate import RBFInterpolator
    from scipy.ndimage import map_coordinates
    start = time.perf_counter()
    # neighbors=None: all landmarks, as ours; evaluated in pieces to bound its memory.
    spline = RBFInterpolator(moved, points, kernel='linear', degree=1)
    solved = time.perf_counter()
    axes = [np.arange(0, n - 1 + args.grid, args.grid) for n in target]
    nodes = np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3) * 20.0
    at = np.concatenate([spline(nodes[i:i + 20000]) for i in range(0, len(nodes), 20000)]) / (130, 35.3, 35.3)
    at = at.reshape(*[len(a) for a in axes], 3)
    evaluated = time.perf_counter()
    out = np.zeros(target, '<u2')
    voxels = np.stack(np.meshgrid(np.arange(target[1]) / args.grid, np.arange(target[2]) / args.grid, indexing='ij'))
    for z in range(target[0]):
        planes = at[z // args.grid] + (at[min(z // args.grid + 1, len(at) - 1)] - at[z // args.grid]) * (z % args.grid / args.grid)
        index = [map_coordinates(planes[..., c], voxels, order=1) for c in range(3)]
        out[z] = map_coordinates(image, index, order=args.order, output=np.float32, prefilter=args.order > 1).round()
    end = time.perf_counter()
    return out, {'solve_s': round(solved - start, 2), 'coarse_grid_s': round(evaluated - solved, 2), 'slices_s': round(end - evaluated, 2),
                 'total_s': round(end - start, 2), 'peak_memory_mb': round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (('points', 1686), ('order', 1), ('grid', 5), ('budget', 512), ('scale', 1), ('threads', 2)):
        parser.add_argument('--' + name, type=int, default=default)
    parser.add_argument('--noise', type=float, default=10)
    parser.add_argument('--no-scipy', action='store_true')
    parser.add_argument('--baseline', action='store_true', help='run ours without AVX, as the baseline build does')
    parser.add_argument('--out')
    args = parser.parse_args()
    folder = args.out or tempfile.mkdtemp(prefix='thin-plate-')
    os.makedirs(folder, exist_ok=True)
    image, points, moved, size, target = sample(args, folder)
    program = os.path.join(folder, 'program', 'ThinPlateTimes.dll')
    if not os.path.exists(program):
        subprocess.run(['dotnet', 'build', os.path.join(HERE, 'ThinPlateTimes'), '-c', 'Release', '-v', 'q', '-o', os.path.dirname(program)], check=True)
    command = ['dotnet', program, folder + '/fm.raw', *map(str, size), folder + '/landmarks.csv', *map(str, target),
               str(args.order), str(args.grid), str(args.budget), str(args.threads)]
    environment = {**os.environ, **({'DOTNET_EnableAVX': '0'} if args.baseline else {})}
    ours = json.loads(subprocess.run(command + ([] if args.no_scipy else [folder + '/warped.raw']), check=True, capture_output=True, text=True, env=environment).stdout)
    print('load', os.getloadavg()[0])
    print('here ', json.dumps(ours))
    if args.no_scipy:
        return
    out, theirs = scipy_warp(image, points, moved, target, args)
    print('scipy', json.dumps(theirs))
    print(f"ratio of total time {theirs['total_s'] / ours['total_s']:.0f}, of memory {theirs['peak_memory_mb'] / ours['peak_memory_mb']:.1f}")
    mine = np.fromfile(folder + '/warped.raw', '<u2').reshape(target)
    both = (mine > 0) & (out > 0)
    print(f'voxels inside both {both.mean():.2f}; difference of grey values there: RMS {np.sqrt(((mine[both].astype(float) - out[both]) ** 2).mean()):.1f}'
          f' of a standard deviation of {out[both].std():.0f}')


if __name__ == '__main__':
    sys.exit(main())
