#!/usr/bin/python3
"""Target registration error (TRE) of a transform.json against the known truth of a simulated pair.

    tre.py --truth truth.json --fixed-mask em_mask.tif --fixed-spacing 20,20 transform.json [transform.json ...]

The targets are the fixed mask's foreground voxels x (an evenly strided subsample). Each has its true place p in the moving
image; the error of a transform T is |T(p) - x|, in nm. Printed: mean, median, 95 %, maximum, for no registration and for
each transform.

truth.json is either that of the case maker make_clem_case.py or that of `scripts/clemreg simulate`; transform.json holds
"matrix", 4 rows of 4 numbers, axes z, y, x, nm, moving to fixed.
"""
import argparse
import json

import numpy as np
import tifffile
from scipy import ndimage as ndi

from reference_pipeline import spacing_of


class Truth:
    """x = q + d(q), q = A p + t: moving p to fixed x, nm, z, y, x. d: a cubic B-spline over the box from 0 to `box`, with
    one control point outside of each face; None for none."""

    def __init__(self, matrix, box=None, control=None, constant_outside=False):
        self.inverse = np.linalg.inv(matrix)
        self.box, self.control, self.constant_outside = box, control, constant_outside

    def displacement(self, q):
        u = q / self.box
        if self.constant_outside:
            u = np.clip(u, 0, 1)
        u = (u * (np.array(self.control.shape[1:]) - 3) + 1).T
        return np.stack([ndi.map_coordinates(c, u, order=3, prefilter=False, mode="nearest") for c in self.control], 1)

    def moving_of(self, x):
        """The true place in the moving image of fixed points."""
        q = x
        if self.control is not None:
            for _ in range(50):                              # fixed-point iteration: d is smooth, its gradient far below 1
                q = x - self.displacement(q)
        return q @ self.inverse[:3, :3].T + self.inverse[:3, 3]


def read_truth(path):
    """The truth.json of the case maker or of `scripts/clemreg simulate`."""
    with open(path) as f:
        d = json.load(f)
    if "em_box_nm" in d:                                     # the case maker: q = s R (p - f0) + e0
        linear = d["scale"] * np.array(d["R"])
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = linear, np.array(d["e0"]) - linear @ d["f0"]
        return Truth(matrix, np.array(d["em_box_nm"]), None if d["bspline"] is None else np.array(d["bspline"]))
    field = d.get("deformation")
    if field is None:
        return Truth(read_matrix(path))
    control = np.array(field["coefficients"]).reshape(3, *(int(n) for n in field["controls"]))
    return Truth(read_matrix(path), np.array(field["box"]), control, constant_outside=True)


def read_matrix(path):
    """The 4 x 4 matrix, moving to fixed, of a transform.json or a simulator's truth.json."""
    with open(path) as f:
        d = json.load(f)
    matrix = np.array(d["matrix"], float)
    if matrix.shape != (4, 4) or not np.allclose(matrix[3], [0, 0, 0, 1]):
        raise SystemExit(f"{path}: matrix is not 4 rows of 4 numbers ending in 0 0 0 1")
    return matrix


def targets(mask, spacing, count=200_000):
    """About `count` foreground voxels, evenly strided in scan order, in nm; at most one slice is expanded at a time."""
    total = int(np.count_nonzero(mask))
    if total == 0:
        raise SystemExit("the fixed mask is empty")
    stride = max(1, total // count)
    out, seen = [], 0
    for z, plane in enumerate(mask):
        yx = np.argwhere(plane)
        first = -seen % stride
        seen += len(yx)
        yx = yx[first::stride]
        out.append(np.column_stack([np.full(len(yx), z), yx]))
    return np.concatenate(out) * spacing


def errors(matrix, truth, x):
    """Distance in nm between each target and where the matrix puts its true moving point."""
    p = truth.moving_of(x)
    return np.linalg.norm(p @ matrix[:3, :3].T + matrix[:3, 3] - x, axis=1)


def summary(e):
    return {"mean": float(e.mean()), "median": float(np.median(e)), "p95": float(np.percentile(e, 95)), "max": float(e.max()),
            "targets": len(e)}


def tre(transform_path, truth_path, mask_path, fixed_spacing, count=200_000):
    """TRE of a transform.json; None for the transform: of no registration at all."""
    mask = tifffile.imread(mask_path) > 0
    x = targets(mask, spacing_of(mask_path, fixed_spacing), count)
    matrix = np.eye(4) if transform_path is None else read_matrix(transform_path)
    return summary(errors(matrix, read_truth(truth_path), x))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("transform", nargs="+")
    ap.add_argument("--truth", required=True)
    ap.add_argument("--fixed-mask", required=True)
    ap.add_argument("--fixed-spacing", help="z,xy in nm; default: the file's calibration")
    ap.add_argument("--count", type=int, default=200_000, help="targets, about")
    ap.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    a = ap.parse_args()
    mask = tifffile.imread(a.fixed_mask) > 0
    x = targets(mask, spacing_of(a.fixed_mask, a.fixed_spacing), a.count)
    truth = read_truth(a.truth)
    rows = {"no registration": summary(errors(np.eye(4), truth, x))}
    for path in a.transform:
        rows[path] = summary(errors(read_matrix(path), truth, x))
    if a.json:
        print(json.dumps(rows, indent=1))
        return
    print("| TRE, nm | mean | median | 95 % | max |\n|---|---|---|---|---|")
    for name, r in rows.items():
        print(f"| {name} | {r['mean']:.1f} | {r['median']:.1f} | {r['p95']:.1f} | {r['max']:.1f} |")


if __name__ == "__main__":
    main()
