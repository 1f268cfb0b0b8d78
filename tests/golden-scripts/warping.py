#!/usr/bin/env python3
"""Golden arrays of the affine warp: scipy.ndimage.affine_transform, mode 'constant', cval 0, in double precision (SciPy 1.10).

  python3 tests/golden-scripts/warping.py

Writes tests/ClemReg.Algorithms.Tests/golden/warping/cases.csv and one NAME.bin (float32, z y x) a case. The moving volume is not stored:
both sides make it from the same integer hash.
"""
import os
import numpy as np
from scipy import ndimage as ndi

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'warping')


def moving(size, top):
    h = np.arange(np.prod(size), dtype=np.uint64)
    h = (h * 2654435761 + 12345) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 2246822519) & 0xFFFFFFFF
    h ^= h >> 13
    return (h % (top + 1)).astype(float).reshape(size)


def rotation(rx, ry, rz):
    a, b, c = np.deg2rad([rx, ry, rz])
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    p = np.eye(3)[::-1]
    return p @ z @ y @ x @ p


def about_centre(linear, size, spacing, origin, shift):
    c = np.array(origin) + (np.array(size) - 1) * spacing / 2
    return np.hstack([linear, (c + shift - linear @ c)[:, None]])


CASES = []


def case(name, size, spacing, origin, tsize, tspacing, torigin, linear, shift, top=65535, orders=range(6)):
    m = about_centre(np.array(linear, float), size, np.array(spacing, float), origin, np.array(shift, float))
    CASES.append((name, size, spacing, origin, tsize, tspacing, torigin, m, top, orders))


# A confocal stack onto isotropic voxels, turned about all axes; part of the target is outside.
case('confocal', (7, 19, 17), (130, 35.3, 35.3), (0, 0, 0), (9, 15, 21), (70, 31, 33), (111, 40, -55), rotation(2, -3, 5), (13, -21, 34))
# A large rotation with a scale, origins far from zero.
case('turned', (11, 13, 12), (50, 40, 30), (-7000, 3100, 12345.5), (12, 14, 13), (45, 33, 37), (-6990, 3120, 12330), 1.05 * rotation(8, 40, 65), (9, -4, 7))
# A mirror image with shear.
case('sheared', (8, 9, 23), (20, 20, 20), (0, 0, 0), (8, 9, 20), (20, 20, 20), (3, -5, 11), [[1, .1, 0], [0, .9, .2], [.05, 0, -1]], (1, 2, 3), top=255)
# Axis-aligned scaling: rows run along one source row.
case('aligned', (5, 6, 7), (100, 60, 50), (10, 20, 30), (10, 11, 31), (43, 29, 9.7), (17, 31, 41), np.eye(3), (0, 0, 0))
# Few voxels: mirrored more than once by the prefilter and the taps.
case('tiny', (2, 3, 2), (30, 30, 30), (0, 0, 0), (7, 8, 9), (7, 8, 5), (-2, 1, -3), rotation(3, 4, 5), (0, 0, 0), top=255)
# One slice, row or column: the target lies in its plane.
case('one_slice', (1, 12, 14), (30, 20, 20), (50, 0, 0), (1, 15, 16), (30, 15, 17), (50, 3, 5), rotation(0, 0, 17), (0, 0, 0))
case('one_row', (9, 1, 11), (30, 20, 20), (0, 70, 0), (12, 1, 15), (19, 20, 13), (3, 70, 5), rotation(0, 21, 0), (0, 0, 0))
case('one_column', (9, 10, 1), (30, 20, 20), (0, 0, 35), (12, 13, 1), (19, 17, 20), (3, 5, 35), rotation(13, 0, 0), (0, 0, 0))


def main():
    os.makedirs(OUT, exist_ok=True)
    lines = ['name,order,top,size_z,size_y,size_x,spacing_z,spacing_y,spacing_x,origin_z,origin_y,origin_x,'
             'target_size_z,target_size_y,target_size_x,target_spacing_z,target_spacing_y,target_spacing_x,'
             'target_origin_z,target_origin_y,target_origin_x,' + ','.join(f'm{i}{j}' for i in range(3) for j in range(4))]
    for name, size, sp, org, tsize, tsp, torg, m, top, orders in CASES:
        image = moving(size, top)
        inverse = np.linalg.inv(m[:, :3])
        matrix = inverse * np.array(tsp) / np.array(sp)[:, None]
        offset = (inverse @ (np.array(torg) - m[:, 3]) - org) / sp
        for order in orders:
            # A one-voxel axis is inside only where the index is 0 exactly; keep rounding out of it.
            offset = np.where(np.abs(offset) < 1e-9, 0, offset)
            matrix = np.where(np.abs(matrix) < 1e-12, 0, matrix)
            warped = ndi.affine_transform(image, matrix, offset, tsize, order=order, mode='constant')
            full = np.count_nonzero(warped) / warped.size
            print(f'{name} order {order}: {100 * full:.0f} % inside')
            assert 0.2 < full
            warped.astype('<f4').tofile(os.path.join(OUT, f'{name}_{order}.bin'))
            numbers = [order, top, *size, *sp, *org, *tsize, *tsp, *torg, *m.ravel()]
            lines.append(name + ',' + ','.join(repr(float(v)) if isinstance(v, (float, np.floating)) else str(v) for v in numbers))
    with open(os.path.join(OUT, 'cases.csv'), 'w') as f:
        f.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
