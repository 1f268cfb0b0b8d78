#!/usr/bin/python3
"""The algorithm auto over many pairs: true against predicted error, and the verdicts. Resumable: one CSV row a pair.

    accuracy.py --mask em_mask.tif --case CASE_A [--case CASE_B ...] --out rows.csv [--only PREFIX] [--set key=value ...]

Each CASE is a folder of make_clem_case.py (fm.tif, truth.json; em.tif where the mask was spoiled). Pairs made of each case:
  full            as it is, no start given
  centre70/50/30  the EM's central part in y and x
  corner0..4      off-centre parts of the EM of 8, 10 or 12 um
  reversed        the EM's slices in reversed order, --set em_slice_order=either
  unrelated0..5   a part of the EM that the (cropped) fluorescence does not show
Printed at the end: a table by kind.
"""
import argparse
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
import tifffile

from tre import read_truth

HERE = pathlib.Path(__file__).resolve().parent
EM_NM = 20.0
FIELDS = ["name", "kind", "tre_nm", "tre_p95_nm", "predicted_nm", "verdict", "significance", "correlation", "ratio", "handedness",
          "psf_xy", "psf_z", "linear", "deformed", "seconds", "peak_mb", "reasons"]


def pairs(case, mask_shape, fm_shape, spacing):
    """(name, kind, em box, fm rows, reversed) of a case; boxes are half open, voxels z, y, x."""
    _, ny, nx = mask_shape
    everything = (0, ny, 0, nx)
    yield "full", "full", everything, None, False
    for percent in (70, 50, 30):
        y, x = int(ny * (1 - percent / 100) / 2), int(nx * (1 - percent / 100) / 2)
        yield f"centre{percent}", f"centre{percent}", (y, ny - y, x, nx - x), None, False
    chance = random.Random(case)
    for i in range(5):
        edge = chance.choice((400, 500, 600))
        y, x = chance.randrange(ny - edge), chance.randrange(nx - edge)
        yield f"corner{i}", "corner", (y, y + edge, x, x + edge), None, False
    yield "reversed", "reversed", everything, None, True
    half = fm_shape[1] // 2
    for i in range(6):
        edge = chance.choice((400, 600, 800))
        x = chance.randrange(nx - edge)
        # The fluorescence's far half, the EM's near part: 800 rows of 20 nm end before the far half begins on cases A, B and C.
        yield f"unrelated{i}", "unrelated", (0, min(edge, 800), x, x + edge), (half + int(2000 / spacing[1]), fm_shape[1]), False


def errors(truth, mask, box, transform, mirrored_depth):
    """Distances of registered from true places, over the part of the mask."""
    y0, y1, x0, x1 = box
    voxels = np.argwhere(mask[:, y0:y1, x0:x1])
    voxels = voxels[np.random.default_rng(1).choice(len(voxels), min(4000, len(voxels)), False)] + (0, y0, x0)
    true = voxels * EM_NM
    places = truth.moving_of(true)
    got = apply(transform, places)
    if mirrored_depth is not None:
        got[:, 0] = mirrored_depth - got[:, 0]
    return np.linalg.norm(got + (0, y0 * EM_NM, x0 * EM_NM) - true, axis=1)


def apply(transform, points):
    with tempfile.TemporaryDirectory() as folder:
        source, target, file = (pathlib.Path(folder) / n for n in ("in.csv", "out.csv", "t.json"))
        np.savetxt(source, points, delimiter=",", header="z,y,x", comments="", fmt="%.6f")
        file.write_text(json.dumps(transform))
        subprocess.run([HERE.parent / "scripts" / "clemreg", "transform-points", "--transform", file, "--points", source, "--out", target],
                       check=True, capture_output=True)
        return np.loadtxt(target, delimiter=",", skiprows=1)[:, :3]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mask", required=True, type=pathlib.Path)
    parser.add_argument("--case", required=True, action="append", type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", help="kinds that begin so")
    parser.add_argument("--set", action="append", default=[])
    a = parser.parse_args()
    done = {row["name"] for row in csv.DictReader(a.out.open())} if a.out.exists() else set()
    whole = tifffile.imread(a.mask) > 0
    for case in a.case:
        truth_file = json.loads((case / "truth.json").read_text())
        crop = truth_file.get("em_crop")
        mask = whole if crop is None else whole[crop[0]:crop[1], crop[2]:crop[3], crop[4]:crop[5]]
        shown = tifffile.imread(case / "em.tif") > 0 if (case / "em.tif").exists() else mask
        truth = read_truth(case / "truth.json")
        fm = tifffile.imread(case / "fm.tif")
        spacing = truth_file["fm_spacing_nm"]
        for name, kind, box, rows, reverse in pairs(case.name, mask.shape, fm.shape, spacing):
            name = f"{case.name}-{name}"
            if name in done or not kind.startswith(a.only):
                continue
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                y0, y1, x0, x1 = box
                em = shown[:, y0:y1, x0:x1]
                tifffile.imwrite(folder / "em.tif", (em[::-1] if reverse else em).astype(np.uint8) * 255)
                tifffile.imwrite(folder / "fm.tif", fm if rows is None else fm[:, rows[0]:rows[1]])
                settings = [f"--set={s}" for s in a.set + ["stop_after=registration", "report=false"] + (["em_slice_order=either"] if reverse else [])]
                run = subprocess.run([HERE.parent / "scripts" / "clemreg", "register", "--moving", folder / "fm.tif", "--fixed-mask", folder / "em.tif",
                                      "--moving-spacing", f"{spacing[0]},{spacing[1]}", "--fixed-spacing", "20,20", "--out", folder / "out", *settings],
                                     capture_output=True, text=True)
                if run.returncode:
                    row = dict(name=name, kind=kind, verdict="error", reasons=run.stderr.strip().splitlines()[-1])
                else:
                    report = json.loads((folder / "out" / "run.json").read_text())
                    registration = report["registration"]
                    search = registration.get("search", {})
                    row = dict(name=name, kind=kind, predicted_nm=round(report["predicted_error_nm"], 1), verdict=report["verdict"],
                               significance=round(registration["contrast"]["significance"], 1), correlation=round(registration["correlation"], 3),
                               ratio=round(search.get("ratio") or 0, 2), handedness=round(search.get("handedness_ratio") or 0, 2),
                               psf_xy=round(registration["psf_xy_nm"]), psf_z=round(registration["psf_z_nm"]), linear=registration["linear"],
                               deformed=registration.get("held_out", {}).get("better"), seconds=round(report["total_seconds"], 1),
                               peak_mb=round(report["peak_memory_mb"]), reasons=" | ".join(report["reasons"]))
                    if kind != "unrelated":
                        transform = json.loads((folder / "out" / "transform.json").read_text())
                        e = errors(truth, mask, box, transform, (mask.shape[0] - 1) * EM_NM if reverse and registration["mirrored"] else None)
                        row.update(tre_nm=round(e.mean(), 1), tre_p95_nm=round(float(np.percentile(e, 95)), 1))
            fresh = not a.out.exists()
            with a.out.open("a", newline="") as file:
                writer = csv.DictWriter(file, FIELDS)
                if fresh:
                    writer.writeheader()
                writer.writerow(row)
            print(", ".join(f"{k} {row[k]}" for k in ("name", "tre_nm", "predicted_nm", "verdict", "significance", "ratio") if k in row), flush=True)
    table(list(csv.DictReader(a.out.open())))


def table(rows):
    print("\n| kind | pairs | TRE mean, nm: median (worst) | reliable / check / unreliable / error | true / predicted in 0.5 to 2, of the reliable |\n|---|---|---|---|---|")
    for kind in dict.fromkeys(r["kind"] for r in rows):
        of = [r for r in rows if r["kind"] == kind]
        tre = sorted(float(r["tre_nm"]) for r in of if r["tre_nm"])
        counts = " / ".join(str(sum(r["verdict"] == v for r in of)) for v in ("reliable", "check", "unreliable", "error"))
        ratios = [float(r["tre_nm"]) / float(r["predicted_nm"]) for r in of if r["verdict"] == "reliable" and r["tre_nm"]]
        within = f"{sum(0.5 <= q <= 2 for q in ratios)} of {len(ratios)}" if ratios else ""
        print(f"| {kind} | {len(of)} | {f'{tre[len(tre) // 2]} ({tre[-1]})' if tre else ''} | {counts} | {within} |")


if __name__ == "__main__":
    sys.exit(main())
