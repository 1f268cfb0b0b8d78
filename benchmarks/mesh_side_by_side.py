#!/usr/bin/python3
"""Surfaces of labelled bodies by clemreg beside scikit-image's marching cubes, in one run.

    benchmarks/mesh_side_by_side.py --out DIR [--bodies ellipsoid,torus,tube] [--radii 3,4,8,16] [--spacings 10,10;25,10;50,10] [--count 12]

For each radius r (in voxels of the coarsest axis) and voxel size (z,xy in nm), bodies turned at random, one label each: ellipsoids of axes r, 1.2 r and 1.5 r; tori whose tube has the radius r/2 round a ring of r (the hole is r wide); tubes of radius r
and length 2.5 r between their round ends. clemreg mesh with --all-triangles, with its own decimation, and with --surface paper --all-triangles, against marching_cubes on the mask of each label's box (level 1/2), and on the mask blurred by a
Gaussian of 0.8 coarsest voxels. Errors are means over the objects in per cent of the true volume and area (of absolute values; with their sign for the paper's surface, whose errors have one); distance: the greatest from a vertex to
the true surface, in half voxel diagonals. CPU seconds are of whole processes for clemreg (start, reading, tables and writing included), of the calls alone for scikit-image.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import time

import numpy as np
import tifffile
from scipy import ndimage as ndi
from scipy.special import ellipeinc, ellipkinc
from skimage.measure import marching_cubes

ROOT = pathlib.Path(__file__).resolve().parent.parent


def area_of(axes):
    c, b, a = sorted(axes)
    phi, m = np.arccos(c / a), (a * a * (b * b - c * c)) / (b * b * (a * a - c * c))
    return 2 * np.pi * c * c + 2 * np.pi * a * b / np.sin(phi) * (ellipeinc(phi, m) * np.sin(phi) ** 2 + ellipkinc(phi, m) * np.cos(phi) ** 2)


class Ellipsoid:
    def __init__(self, r):
        self.axes = r * np.array([1, 1.2, 1.5])
        self.volume, self.area, self.reach = 4 / 3 * np.pi * self.axes.prod(), area_of(self.axes), self.axes[2]

    def distance(self, p):
        f = np.sqrt((p * p / self.axes ** 2).sum(-1))
        return f * (f - 1) / np.maximum(np.linalg.norm(p / self.axes ** 2, axis=-1), 1e-12)


class Torus:
    def __init__(self, r):
        self.ring, self.tube = r, r / 2
        self.volume, self.area, self.reach = 2 * np.pi ** 2 * self.ring * self.tube ** 2, 4 * np.pi ** 2 * self.ring * self.tube, self.ring + self.tube

    def distance(self, p):
        return np.hypot(np.hypot(p[..., 1], p[..., 2]) - self.ring, p[..., 0]) - self.tube


class Tube:
    def __init__(self, r):
        self.half, self.r = 1.25 * r, r
        self.volume, self.area, self.reach = np.pi * r * r * (2.5 + 4 / 3) * r, 2 * np.pi * r * 4.5 * r, 2.25 * r

    def distance(self, p):
        return np.linalg.norm(np.stack([p[..., 0], p[..., 1], np.maximum(np.abs(p[..., 2]) - self.half, 0)], -1), axis=-1) - self.r


BODIES = {'ellipsoid': Ellipsoid, 'torus': Torus, 'tube': Tube}


def make(path, body, spacing, count, rng):
    side = [int(np.ceil(2 * body.reach / s)) + 8 for s in spacing]
    image, frames = np.zeros((side[0], side[1], side[2] * count), np.uint16), []
    for i in range(count):
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        centre = (np.array(side) - 1) / 2 * spacing + rng.uniform(-0.5, 0.5, 3) * spacing + [0, 0, i * side[2] * spacing[2]]
        z, y, x = np.meshgrid(*[np.arange(n) * s for n, s in zip(side, spacing)], indexing='ij')
        p = (np.stack([z, y, x + i * side[2] * spacing[2]], -1) - centre) @ turn
        image[:, :, i * side[2]:(i + 1) * side[2]][body.distance(p) <= 0] = i + 1
        frames.append((centre, turn))
    tifffile.imwrite(path, image, imagej=True, metadata={'axes': 'ZYX'})
    return image, frames


def measure(vertices, faces, body, frame, spacing):
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    centre, turn = frame
    return (100 * (abs((a * n).sum() / 6) / body.volume - 1), 100 * (np.linalg.norm(n, axis=1).sum() / 2 / body.area - 1),
            np.abs(body.distance((vertices - centre) @ turn)).max() / (np.linalg.norm(spacing) / 2), len(faces))


def read_stl(path):
    body = np.frombuffer(open(path, 'rb').read()[84:], np.dtype([('n', '<f4', 3), ('v', '<f4', (3, 3)), ('a', '<u2')]))
    return body['v'][..., ::-1].reshape(-1, 3).astype(float), np.arange(3 * len(body)).reshape(-1, 3)


def clemreg(image, spacing, out, *options):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([ROOT / 'scripts' / 'clemreg', 'mesh', '--labels', image, '--spacing', f'{spacing[0]},{spacing[2]}', '--format', 'stl', '--out', out, '--overwrite', *options], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', required=True)
    parser.add_argument('--bodies', default='ellipsoid')
    parser.add_argument('--radii', default='3,4,8,16')
    parser.add_argument('--spacings', default='10,10;25,10;50,10')
    parser.add_argument('--count', type=int, default=12)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    print('| voxels, nm | body, radius | method | volume, % | area, % | distance | triangles | CPU, s |\n|---|---|---|---|---|---|---|---|')
    for pair in args.spacings.split(';'):
        spacing = np.array([float(pair.split(',')[0]), *[float(pair.split(',')[1])] * 2])
        for kind in args.bodies.split(','):
            for radius in map(float, args.radii.split(',')):
                side_by_side(args, spacing, kind, radius)


def side_by_side(args, spacing, kind, radius):
    path, body = os.path.join(args.out, 'labels.tif'), BODIES[kind](radius * max(spacing))
    image, frames = make(path, body, spacing, args.count, np.random.default_rng(1))
    rows = {}
    for name, options in (('clemreg, all triangles', ['--all-triangles']), ('clemreg, decimated', []), ('clemreg, paper', ['--surface', 'paper', '--all-triangles'])):
        cpu = clemreg(path, spacing, os.path.join(args.out, 'meshes'), *options)
        rows[name] = ([measure(*read_stl(os.path.join(args.out, 'meshes', f'label_{i + 1}.stl')), body, frames[i], spacing) for i in range(args.count)], cpu)
    for name, blur in (('scikit-image, mask', 0), ('scikit-image, blurred', 0.8)):
        start, found = time.process_time(), []
        for i, box in enumerate(ndi.find_objects(image)):
            first = [max(0, b.start - 4) for b in box]
            part = (image[tuple(slice(f, b.stop + 4) for f, b in zip(first, box))] == i + 1).astype(np.float32)
            if blur:
                part = ndi.gaussian_filter(part, blur * spacing.max() / spacing)
            vertices, faces, _, _ = marching_cubes(part, 0.5, spacing=tuple(spacing))
            found.append((vertices + np.array(first) * spacing, faces))
        rows[name] = ([measure(*f, body, frames[i], spacing) for i, f in enumerate(found)], time.process_time() - start)
    for name, (values, cpu) in rows.items():
        v = np.array(values)
        errors = [f'{e.mean():+.2f}' if name.endswith('paper') else f'{np.abs(e).mean():.2f}' for e in (v[:, 0], v[:, 1])]
        print(f'| {spacing[0]:g} x {spacing[2]:g} | {kind}, {radius:g} | {name} | {errors[0]} | {errors[1]} | {v[:, 2].max():.2f} | {v[:, 3].mean():.0f} | {cpu:.2f} |', flush=True)


if __name__ == '__main__':
    main()
