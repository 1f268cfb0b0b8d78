#!/usr/bin/python3
"""The steps of the published tool (napari-clemreg) as a competent Python user would write them today: NumPy, SciPy,
scikit-image and Open3D from Debian. It is what `scripts/clemreg register` is timed against, and what its masks and
clouds are compared with.

    reference_pipeline.py --moving fm.tif --fixed-mask em_mask.tif --fixed-spacing 20,20 --out DIR

Steps: difference-of-Gaussians segmentation of the fluorescence (min-max scaling, sigma 3 and 4.8 voxels, each slice
thresholded at 1.2 times its mean), nearest-neighbour resampling of its mask to the EM's isotropic voxel, Canny edges
slice by slice in both masks, every 33rd edge voxel, mean per cell of 15 voxels, outlier removal, rigid CPD with
isotropic scale (50 iterations, no outlier weight), affine warp onto the EM grid.

It differs from the published code where that costs time or memory for nothing: slices stream through Canny, the
E-step runs in blocks of targets, and the image is warped from its raw grid (`--resample-image` resamples it
first, as published). `--zoom` takes ndimage.zoom for the mask as published, whose corner alignment stretches z by
about 2 %; without it output voxel i lies at i times the voxel size.

Axis order is z, y, x; lengths are nm; voxel i lies at i * spacing. Written to DIR: registered.tif, moving_mask.tif,
moving_points.csv, fixed_points.csv, registered_points.csv, transform.json (moving to fixed), run.json.
"""
import argparse
import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

THREADS = os.environ.get("CLEMREG_BENCH_THREADS", "2")
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, THREADS)     # before NumPy loads its BLAS

START = time.perf_counter()

import numpy as np
import open3d as o3d
import tifffile
from scipy import ndimage as ndi
from skimage.exposure import rescale_intensity
from skimage.feature import canny

UNIT_NM = {"nm": 1.0, "nanometer": 1.0, "um": 1e3, "µm": 1e3, "\\u00B5m": 1e3, "\\u00b5m": 1e3, "micron": 1e3, "microns": 1e3, "mm": 1e6}


class Stages:
    """Wall and CPU seconds and peak resident memory of each stage, in the order in which they ran."""

    def __init__(self):
        self.rows = []

    def run(self, name, function, *args, **kwargs):
        reset_peak_memory()
        start, cpu = time.perf_counter(), time.process_time()
        result = function(*args, **kwargs)
        self.rows.append({"stage": name, "seconds": round(time.perf_counter() - start, 3),
                          "cpu_seconds": round(time.process_time() - cpu, 3), "peak_memory_mb": round(peak_memory_mb())})
        print(f"  {name:<24} {self.rows[-1]['seconds']:8.2f} s {self.rows[-1]['cpu_seconds']:8.2f} s CPU {self.rows[-1]['peak_memory_mb']:7d} MB", flush=True)
        return result


def reset_peak_memory():
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass                                      # then the peak is the process's so far


def peak_memory_mb():
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def spacing_of(path, given):
    """Voxel size (z, y, x) in nm: from --…-spacing z,xy, else from the file's ImageJ calibration."""
    if given:
        z, xy = (float(v) for v in given.split(","))
        return np.array([z, xy, xy])
    with tifffile.TiffFile(path) as t:
        meta = t.imagej_metadata or {}
        tag = t.pages[0].tags.get("XResolution")
    unit = UNIT_NM.get(meta.get("unit"))
    if unit is None or "spacing" not in meta or tag is None or not tag.value[0]:
        sys.exit(f"{path} has no calibration: give --moving-spacing or --fixed-spacing as z,xy in nm")
    xy = tag.value[1] / tag.value[0] * unit
    return np.array([meta["spacing"] * unit, xy, xy])


def segment_fluorescence(image, sigma, threshold):
    """Boolean mask of the fluorescence: difference of Gaussians, each slice thresholded at a multiple of its mean."""
    scaled = image.astype(np.float64)
    scaled -= scaled.min()
    scaled /= scaled.max()
    log = ndi.gaussian_filter(scaled, sigma)                 # defaults: mirrored borders, radius int(4 sigma + 0.5)
    log -= ndi.gaussian_filter(scaled, 1.6 * sigma)
    del scaled
    mask = np.empty(image.shape, bool)
    for z, plane in enumerate(log):
        grey = rescale_intensity(plane, out_range="uint8")
        mask[z] = grey >= grey.mean() * threshold
    return mask


def resample_nearest(mask, spacing, voxel, use_zoom):
    """The mask on voxels of `voxel` nm on all axes, and the voxel size (z, y, x) that its samples really have."""
    factors = spacing / voxel
    if np.allclose(factors, 1):
        return mask, np.full(3, voxel)
    if use_zoom:
        iso = ndi.zoom(mask.view(np.uint8), factors, order=0)
        return iso.view(bool), (np.array(mask.shape) - 1) * spacing / (np.array(iso.shape) - 1)
    iso = mask
    for axis in (2, 1, 0):                                   # the smallest array first, whole slices last
        count = int((mask.shape[axis] - 1) * factors[axis] + 1e-9) + 1
        iso = np.take(iso, np.floor(np.arange(count) / factors[axis] + 0.5).astype(int), axis)
    return iso, np.full(3, voxel)


def sample_cloud(mask, sigma, every_k, cell, neighbours, std_ratio, workers):
    """Points on the mask's edges, in voxels of the mask: Canny per slice, every k-th, mean per cell, no outliers."""
    def edges(z):
        yx = np.argwhere(canny(mask[z], sigma=sigma)).astype(np.int32)
        return np.column_stack([np.full(len(yx), z, np.int32), yx])
    with ThreadPoolExecutor(workers) as pool:
        points = np.concatenate(list(pool.map(edges, range(len(mask)))))
    if len(points) == 0:
        sys.exit("no edges in the mask: nothing was segmented")
    cloud = o3d.geometry.PointCloud()
    cloud.points = o3d.utility.Vector3dVector(points[::every_k].astype(np.float64))
    cloud = cloud.voxel_down_sample(cell)
    cloud, _ = cloud.remove_statistical_outlier(nb_neighbors=neighbours, std_ratio=std_ratio)
    return np.asarray(cloud.points)


def rigid_cpd(moving, fixed, w, iterations, tolerance, normalise, workers, block=256):
    """Rigid CPD with isotropic scale (Myronenko and Song 2010, figure 2): the exact E-step in blocks of fixed points.

    Returns scale, rotation, translation, sigma (in the clouds' unit) and the number of iterations.
    """
    y0, x0 = moving.mean(0), fixed.mean(0)
    unit = np.sqrt(((fixed - x0) ** 2).sum() / len(fixed)) if normalise else 1.0
    y, x = (moving - y0) / unit, (fixed - x0) / unit         # centring changes nothing but rounding
    m, n, d = len(y), len(x), 3
    sigma2 = ((x ** 2).sum() / n + (y ** 2).sum() / m - 2 * x.mean(0) @ y.mean(0)) / d
    scale, rotation, translation = 1.0, np.eye(d), np.zeros(d)
    x_sq = (x ** 2).sum(1)
    left = np.column_stack([x, x_sq, np.ones(n)])
    objective = 1 + n * d / 2 * np.log(sigma2)
    outliers = 0.0

    def e_step(start, right):
        rows = slice(start, min(start + block, n))
        k = left[rows] @ right                               # -|x - T(y)|^2 / (2 sigma^2)
        np.exp(k, out=k)
        total = k.sum(1)
        total[total == 0] = np.finfo(float).eps
        inverse = 1 / (total + outliers)
        sums = k.T @ np.column_stack([inverse, x[rows] * inverse[:, None]])
        return sums, total * inverse

    with ThreadPoolExecutor(workers) as pool:
        for iteration in range(1, iterations + 1):
            moved = scale * y @ rotation.T + translation
            right = np.vstack([2 * moved.T, -np.ones(m), -(moved ** 2).sum(1)]) / (2 * sigma2)
            outliers = (2 * np.pi * sigma2) ** (d / 2) * w / (1 - w) * m / n
            parts = list(pool.map(lambda s: e_step(s, right), range(0, n, block)))
            sums = np.sum([p[0] for p in parts], 0)
            pt1 = np.concatenate([p[1] for p in parts])
            p1, px = sums[:, 0], sums[:, 1:]
            np_ = p1.sum()
            mu_x, mu_y = px.sum(0) / np_, p1 @ y / np_
            a = px.T @ (y - mu_y) - np.outer(mu_x, p1 @ (y - mu_y))
            u, _, vt = np.linalg.svd(a)
            rotation = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
            tr_ar = np.trace(a.T @ rotation)
            tr_yy = p1 @ ((y - mu_y) ** 2).sum(1)
            tr_xx = pt1 @ ((x - mu_x) ** 2).sum(1)
            scale = tr_ar / tr_yy
            translation = mu_x - scale * rotation @ mu_y
            sigma2 = max((tr_xx - scale * tr_ar) / (np_ * d), np.finfo(float).eps)
            previous, objective = objective, (tr_xx - 2 * scale * tr_ar + scale ** 2 * tr_yy) / (2 * sigma2) + np_ * d / 2 * np.log(sigma2)
            if abs(objective - previous) < tolerance:
                break
    translation = unit * translation + x0 - scale * rotation @ y0
    return scale, rotation, translation, unit * np.sqrt(sigma2), iteration


def warp(image, spacing, inverse, fixed_spacing, fixed_shape, order):
    """The image on the fixed grid; `inverse` is the 4 x 4 matrix from fixed to moving nm. Outside is 0."""
    matrix = inverse[:3, :3] * fixed_spacing / spacing[:, None]
    offset = inverse[:3, 3] / spacing
    return ndi.affine_transform(image, matrix, offset, output_shape=fixed_shape, order=order)


def write_tiff(path, image, spacing):
    tifffile.imwrite(path, image, imagej=True, resolution=(1000 / spacing[2], 1000 / spacing[1]),
                     metadata={"axes": "ZYX", "spacing": spacing[0] / 1000, "unit": "micron"})


def write_points(path, points):
    np.savetxt(path, points, delimiter=",", header="z,y,x", comments="", fmt="%.4f")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--moving", required=True, help="fluorescence, 3D TIFF")
    ap.add_argument("--fixed-mask", required=True, help="EM mask, 3D TIFF, foreground > 0")
    ap.add_argument("--out", required=True)
    ap.add_argument("--moving-spacing", help="z,xy in nm; default: the file's calibration")
    ap.add_argument("--fixed-spacing", help="z,xy in nm; default: the file's calibration")
    ap.add_argument("--sigma", type=float, default=3.0, help="of the LoG, voxels")
    ap.add_argument("--threshold", type=float, default=1.2, help="times each slice's mean")
    ap.add_argument("--canny-sigma", type=float, default=1.0)
    ap.add_argument("--frequency", type=float, default=3.0, help="per cent of the edge voxels that are kept")
    ap.add_argument("--cell", type=float, default=15.0, help="edge of the averaging cells, isotropic voxels")
    ap.add_argument("--iterations", type=int, default=50)
    ap.add_argument("--tolerance", type=float, default=1e-3)
    ap.add_argument("--w", type=float, default=0.0, help="CPD's outlier weight; above 0 it needs --normalise")
    ap.add_argument("--normalise", action="store_true", help="scale the clouds for CPD to unit spread")
    ap.add_argument("--order", type=int, default=1, help="of the warp's interpolation, 0 to 5")
    ap.add_argument("--skip-warp", action="store_true")
    ap.add_argument("--zoom", action="store_true", help="resample with ndimage.zoom, as published")
    ap.add_argument("--resample-image", action="store_true", help="resample the image to isotropic before the warp, as published")
    ap.add_argument("--workers", type=int, default=1, help="threads for Canny and the E-step; the published tool has one")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)

    stages = Stages()
    stages.rows.append({"stage": "import libraries", "seconds": round(time.perf_counter() - START, 3),
                        "cpu_seconds": round(time.process_time(), 3), "peak_memory_mb": round(peak_memory_mb())})
    moving_spacing = spacing_of(a.moving, a.moving_spacing)
    fixed_spacing = spacing_of(a.fixed_mask, a.fixed_spacing)
    voxel = fixed_spacing[0]
    fm, em = stages.run("read images", lambda: (tifffile.imread(a.moving), tifffile.imread(a.fixed_mask) > 0))
    if fm.ndim != 3 or em.ndim != 3:
        sys.exit(f"both images must be 3D: {a.moving} has shape {fm.shape}, {a.fixed_mask} has {em.shape}")
    mask = stages.run("segment fluorescence", segment_fluorescence, fm, a.sigma, a.threshold)
    if not mask.any():
        sys.exit("nothing was segmented: change --sigma or --threshold")
    write_mask = lambda: write_tiff(os.path.join(a.out, "moving_mask.tif"), mask.view(np.uint8) * 255, moving_spacing)
    stages.run("write moving mask", write_mask)

    cloud_options = dict(sigma=a.canny_sigma, every_k=int(100 / a.frequency), cell=a.cell, neighbours=5, std_ratio=1.0,
                         workers=a.workers)
    iso, moving_voxel = stages.run("resample moving mask", resample_nearest, mask, moving_spacing, voxel, a.zoom)
    iso_shape = iso.shape
    moving = stages.run("sample moving points", sample_cloud, iso, **cloud_options)
    del iso
    fixed_shape = em.shape
    em, fixed_voxel = stages.run("resample fixed mask", resample_nearest, em, fixed_spacing, voxel, a.zoom)
    fixed = stages.run("sample fixed points", sample_cloud, em, **cloud_options)
    del em

    # In voxels, as published: `zoom` then bends z, and the transform below carries that into nm.
    scale, rotation, translation, sigma, iterations = stages.run(
        "register points", rigid_cpd, moving, fixed, a.w, a.iterations, a.tolerance, a.normalise, a.workers)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation * fixed_voxel[:, None] / moving_voxel
    matrix[:3, 3] = translation * fixed_voxel

    if not a.skip_warp:
        image, image_spacing = fm, moving_spacing
        if a.resample_image:
            image = stages.run("resample image", ndi.zoom, fm, moving_spacing / voxel, order=0)
            image_spacing = (np.array(fm.shape) - 1) * moving_spacing / (np.array(image.shape) - 1)
        del fm
        registered = stages.run("warp", warp, image, image_spacing, np.linalg.inv(matrix), fixed_spacing, fixed_shape, a.order)
        stages.run("write registered image", write_tiff, os.path.join(a.out, "registered.tif"), registered, fixed_spacing)

    moving_nm, fixed_nm = moving * moving_voxel, fixed * fixed_voxel
    write_points(os.path.join(a.out, "moving_points.csv"), moving_nm)
    write_points(os.path.join(a.out, "fixed_points.csv"), fixed_nm)
    write_points(os.path.join(a.out, "registered_points.csv"), moving_nm @ matrix[:3, :3].T + matrix[:3, 3])
    with open(os.path.join(a.out, "transform.json"), "w") as f:
        json.dump({"type": "similarity", "direction": "moving-to-fixed", "axes": "zyx", "unit": "nm",
                   "matrix": matrix.tolist()}, f, indent=1)
    run = {"stages": stages.rows, "seconds": round(time.perf_counter() - START, 3),
           "peak_memory_mb": max(row["peak_memory_mb"] for row in stages.rows),
           "moving_points": len(moving), "fixed_points": len(fixed), "iterations": iterations,
           "sigma_nm": float(sigma * voxel), "scale": float(scale), "resampled_shape": list(iso_shape),
           "mask_voxels": int(mask.sum()), "threads": THREADS, "workers": a.workers, "arguments": vars(a)}
    with open(os.path.join(a.out, "run.json"), "w") as f:
        json.dump(run, f, indent=1)
    print(f"{len(moving)} moving and {len(fixed)} fixed points, {iterations} iterations, sigma {run['sigma_nm']:.0f} nm, "
          f"{run['seconds']:.1f} s, {run['peak_memory_mb']} MB")


if __name__ == "__main__":
    main()
