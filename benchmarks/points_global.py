#!/usr/bin/python3
"""Global registration on points, FPFH features and RANSAC (Open3D), on pairs of accuracy.py: does it find the position that `auto` finds by correlation, and how long does it take?

    points_global.py --mask em_mask.tif --maker make_clem_case.py --cases FOLDER --out points.csv [--only NAME[,NAME...]]

Both masks are segmented and their outlines sampled by `scripts/clemreg register --set stop_after=sampling`. Features of several radii, several seeds; the result whose inliers are most (what a
user could see without the truth) is improved by point-to-plane ICP and its error told; and the least error of all, which only the truth can choose. A start for the refinement is within 1.5 um and 6 degrees.
"""
import argparse
import csv
import pathlib
import tempfile
import time

import numpy as np
import open3d as o3d
import tifffile

from accuracy import Pair, clemreg, made, pairs

NAMES = ["A1", "B1", "A1-middle50", "A1-middle30", "turned0-0", "turned30-0", "turned30-1", "turned60-1", "turned60-2", "turned90-2", "turned90-3"]
THIN_NM, MATCH_NM = 300, 450
RADII_NM = (1000, 2000, 4000)
REGISTRATION = o3d.pipelines.registration


def cloud(file):
    points = np.loadtxt(file, delimiter=",", skiprows=1)[:, :3]
    c = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points)).voxel_down_sample(THIN_NM)
    c.estimate_normals(o3d.geometry.KDTreeSearchParamHybrid(900, 30))
    c.orient_normals_consistent_tangent_plane(15)
    return c


def features(c, radius):
    return REGISTRATION.compute_fpfh_feature(c, o3d.geometry.KDTreeSearchParamHybrid(radius, 200))


def ransac(moving, fixed, radius, seed, mutual):
    o3d.utility.random.seed(seed)
    return REGISTRATION.registration_ransac_based_on_feature_matching(
        moving, fixed, features(moving, radius), features(fixed, radius), mutual, MATCH_NM, REGISTRATION.TransformationEstimationPointToPoint(False), 3,
        [REGISTRATION.CorrespondenceCheckerBasedOnEdgeLength(0.9), REGISTRATION.CorrespondenceCheckerBasedOnDistance(MATCH_NM)],
        REGISTRATION.RANSACConvergenceCriteria(1000000, 0.999))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mask", type=pathlib.Path, required=True)
    parser.add_argument("--maker", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", default=",".join(NAMES))
    a = parser.parse_args()
    whole = tifffile.imread(a.mask) > 0
    known = {name: (case, how) for _, name, case, how in pairs()}
    done = {row["name"] for row in csv.DictReader(a.out.open())} if a.out.exists() else set()
    for name in a.only.split(","):
        if name in done:
            continue
        case, how = known[name]
        pair = Pair(made(case, a), whole)
        y0, y1, x0, x1 = how.get("box", (0, pair.em.shape[1], 0, pair.em.shape[2]))
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            tifffile.imwrite(folder / "em.tif", pair.em[:, y0:y1, x0:x1].astype(np.uint8) * 255)
            tifffile.imwrite(folder / "fm.tif", pair.fm)
            run = clemreg("register", "--moving", folder / "fm.tif", "--fixed-mask", folder / "em.tif", "--moving-spacing", f"{pair.spacing[0]},{pair.spacing[1]}",
                          "--fixed-spacing", "20,20", "--out", folder / "out", "--set", "registration_algorithm=rigid", "--set", "stop_after=sampling", "--set", "report=false")
            if run.returncode:
                raise SystemExit(run.stderr)
            start = time.process_time()
            moving, fixed = cloud(folder / "out" / "moving_points.csv"), cloud(folder / "out" / "fixed_points.csv")
        corner = np.array([0, y0, x0]) * 20.0
        inside = ((pair.targets >= corner) & (pair.targets < np.array([1e9, y1 * 20.0, x1 * 20.0]))).all(1)
        targets, places = pair.targets[inside] - corner, pair.places[inside]

        def error(t):
            return np.linalg.norm(places @ t[:3, :3].T + t[:3, 3] - targets, axis=1).mean()

        # Partial overlap: the smaller cloud is brought onto the larger one, so that its inliers count.
        tries = []
        for radius in RADII_NM:
            for mutual in (False, True):
                for seed in (1, 2):
                    found = ransac(fixed, moving, radius, seed, mutual)
                    tries.append((found.fitness, found.inlier_rmse, error(np.linalg.inv(found.transformation)), found.transformation))
        best = max(tries, key=lambda t: (t[0], -t[1]))
        icp = REGISTRATION.registration_icp(fixed, moving, MATCH_NM, best[3], REGISTRATION.TransformationEstimationPointToPlane())
        row = dict(name=name, moving=len(moving.points), fixed=len(fixed.points), tries=len(tries), inliers=round(best[0], 3), error_nm=round(best[2]),
                   after_icp_nm=round(error(np.linalg.inv(icp.transformation))), least_of_all_nm=round(min(t[2] for t in tries)), cpu_seconds=round(time.process_time() - start, 1))
        fresh = not a.out.exists()
        with a.out.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)


if __name__ == "__main__":
    main()
