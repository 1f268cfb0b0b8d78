#!/usr/bin/python3
"""The algorithm auto over many pairs of known truth: true against predicted error, and the verdicts. Resumable: one cached pair and one CSV row each.

    accuracy.py --mask em_mask.tif --maker make_clem_case.py --cases FOLDER --out rows.csv [--only KIND[,KIND...]] [--most N] [--set key=value ...]

The pairs (PAIRS below) come from the case maker of ../shared/tools or from second_renderer.py; crops of the EM are 16 um wide (12 um: second renderer), the others show the
whole mask. No start is given. Printed at the end, or without --mask: a table by kind.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tifffile

from tre import read_truth

HERE = pathlib.Path(__file__).resolve().parent
EM_NM = 20.0
CROP = 800                                                     # voxels of a 16 um crop
FIELDS = ["name", "kind", "tre_nm", "tre_p95_nm", "predicted_nm", "verdict", "significance", "correlation", "ratio", "handedness",
          "bright", "psf_xy", "psf_z", "linear", "scale", "deformed", "seconds", "peak_mb", "reasons"]


def crop_of(seed):
    """A 16 um part of the mask of 106 x 1750 x 1484 voxels, by the seed."""
    rng = np.random.default_rng(1000 + seed)
    return [0, 106, *(v for n in (1750, 1484) for a in [int(rng.integers(0, n - CROP))] for v in (a, a + CROP))]


def turned(seed, low, high):
    """Angles about x, y, z (degrees) of a rotation by `low` to `high` about an axis drawn evenly from the sphere."""
    rng = np.random.default_rng(2000 + seed)
    axis = rng.normal(size=3)
    a, (x, y, z) = np.radians(rng.uniform(low, high)), axis / np.linalg.norm(axis)
    c, s, d = np.cos(a), np.sin(a), 1 - np.cos(a)
    r = np.array([[c + x * x * d, x * y * d - z * s, x * z * d + y * s],
                  [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
                  [z * x * d - y * s, z * y * d + x * s, c + z * z * d]])
    return [float(np.degrees(v)) for v in (np.arctan2(r[2, 1], r[2, 2]), -np.arcsin(r[2, 0]), np.arctan2(r[1, 0], r[0, 0]))]


def drawn_psf(seed):
    rng = np.random.default_rng(3000 + seed)
    return [float(round(rng.uniform(50, 120))), float(round(rng.uniform(150, 450)))]


def pairs():
    """(kind, name, options of the case maker or the second renderer's seed, how it is given to auto)."""
    full = {f"{c}{s}": ["--case", c, "--seed", s] for c in "ABC" for s in (1, 101, 201)}
    for name, case in full.items():
        yield f"{name[0]}, PSF given", f"{name}-given", case, {"set": ["psf_xy=60", "psf_z=200"]}
        yield f"{name[0]}", name, case, {}
    for s in range(8):
        psf = drawn_psf(s)
        yield "PSF drawn", f"psf{s}", ["--case", "A", "--seed", 300 + s, "--psf", *psf, "--em-crop", *crop_of(s)], {}
    for c in "ABC":
        for s in (310, 311):
            yield f"{c} whole, PSF drawn", f"{c}{s}-drawn", ["--case", c, "--seed", s, "--psf", *drawn_psf(s)], {}
    for s, grow in ((1, 40), (1, -40), (101, 40), (201, -40)):
        yield "EM mask spoiled", f"spoiled{s}{grow:+d}", ["--case", "A", "--seed", s, "--em-lost", 0.15, "--em-false", 25, "--em-grow", grow], {}
    for f in (0.67, 1.5):
        yield "PSF given wrong", f"wrong{f}", full["A1"], {"set": [f"psf_xy={60 * f:.0f}", f"psf_z={200 * f:.0f}"]}
    for band, (low, high) in enumerate(((0, 30), (30, 60), (60, 90), (90, 180))):
        for i in range(20):
            s = 400 + 20 * band + i
            yield f"rotation {low} to {high}", f"turned{low}-{i}", ["--case", "A", "--seed", s, "--rot", *turned(s, low, high), "--em-crop", *crop_of(s)], {}
    for c in ("A1", "B1"):
        for percent in (70, 50, 30):
            y, x = int(1750 * (1 - percent / 100) / 2), int(1484 * (1 - percent / 100) / 2)
            yield f"EM in the middle {percent} %", f"{c}-middle{percent}", full[c], {"box": (y, 1750 - y, x, 1484 - x)}
        rng = np.random.default_rng(ord(c[0]))
        for i in range(5):
            edge = int(rng.choice((400, 500, 600)))
            y, x = int(rng.integers(1750 - edge)), int(rng.integers(1484 - edge))
            yield "EM in a corner, 8 to 12 um", f"{c}-corner{i}", full[c], {"box": (y, y + edge, x, x + edge)}
    for c in ("A1", "B1"):
        yield "slices reversed", f"{c}-reversed", full[c], {"reverse": True, "set": ["em_slice_order=either"]}
    for i in range(30):
        # The EM of one crop, the fluorescence of another that does not touch it.
        yield "not belonging together", f"unrelated{i}", ["--case", "A", "--seed", 400 + i, "--rot", *turned(400 + i, 0, 30), "--em-crop", *crop_of(400 + i)], {"other": i}
    for what, values in (("--drop", (0.2, 0.4, 0.6)), ("--extra", (0.2, 0.4, 0.6)), ("--photons", (300, 100, 30))):
        for v in values:
            for s in (0, 1):
                yield f"{what[2:]} {v}", f"{what[2:]}{v}-{s}", ["--case", "A", "--seed", 600 + s, what, v, "--em-crop", *crop_of(600 + s)], {}
    for s in (1, 101):
        yield "z pitch wrong by 5 %", f"pitch{s}", full[f"A{s}"], {"pitch": 1.05}
    for s in range(501, 509):
        yield "second renderer, for choosing", f"second{s}", s, {}
    for s in range(601, 617):
        yield "second renderer, run once", f"second{s}", s, {}


def made(case, a):
    """The folder of a pair, made if it is not there."""
    if isinstance(case, int):
        folder, command = a.cases / f"second-{case}", [HERE / "second_renderer.py", "--mask", a.mask, "--seed", str(case)]
    else:
        words = [str(v) for v in case]
        folder, command = a.cases / "_".join(w.replace("--", "") for w in words), [a.maker, "--mask", a.mask, *words]
    if not (folder / "fm.tif").exists() or not ((folder / "truth.json").exists()):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["/usr/bin/python3", *command, "--out", folder], check=True, capture_output=True)
    return folder


class Pair:
    """The two images, and where voxels of mitochondria truly lie in both."""

    def __init__(self, folder, whole):
        truth = json.loads((folder / "truth.json").read_text())
        self.fm, self.spacing = tifffile.imread(folder / "fm.tif"), truth["fm_spacing_nm"]
        if (folder / "truth.npz").exists():
            with np.load(folder / "truth.npz") as known:
                self.targets = known["targets"]
                inverse = np.linalg.inv(known["matrix"])
            self.places = self.targets @ inverse[:3, :3].T + inverse[:3, 3]
            self.em = tifffile.imread(folder / "em.tif") > 0
            return
        c = truth.get("em_crop")
        mask = whole if c is None else whole[c[0]:c[1], c[2]:c[3], c[4]:c[5]]
        self.em = tifffile.imread(folder / "em.tif") > 0 if (folder / "em.tif").exists() else mask
        voxels = np.argwhere(mask)
        self.targets = voxels[np.random.default_rng(1).choice(len(voxels), min(20000, len(voxels)), False)] * EM_NM
        self.places = read_truth(folder / "truth.json").moving_of(self.targets)


def stranger(i):
    """A part of the mask, 8 to 16 um by 16 um, that does not touch the crop of the i-th rotation case: the larger side above or below it."""
    top, bottom = crop_of(400 + i)[2:4]
    low, high = (max(0, top - CROP), top) if top > 1750 - bottom else (bottom, min(1750, bottom + CROP))
    left = int(np.random.default_rng(4000 + i).integers(0, 1484 - CROP))
    return slice(None), slice(low, high), slice(left, left + CROP)


def clemreg(*words):
    return subprocess.run([HERE.parent / "scripts" / "clemreg", *words], capture_output=True, text=True)


def row_of(kind, name, pair, how, a):
    y0, y1, x0, x1 = how.get("box", (0, pair.em.shape[1], 0, pair.em.shape[2]))
    pitch, reverse = how.get("pitch", 1), how.get("reverse", False)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        em = pair.em[:, y0:y1, x0:x1]
        tifffile.imwrite(folder / "em.tif", (em[::-1] if reverse else em).astype(np.uint8) * 255)
        tifffile.imwrite(folder / "fm.tif", pair.fm)
        settings = [w for s in ["stop_after=registration", "report=false", *how.get("set", []), *a.set] for w in ("--set", s)]
        run = clemreg("register", "--moving", folder / "fm.tif", "--fixed-mask", folder / "em.tif",
                      "--moving-spacing", f"{pitch * pair.spacing[0]},{pair.spacing[1]}", "--fixed-spacing", "20,20", "--out", folder / "out", *settings)
        if run.returncode:
            return dict(name=name, kind=kind, verdict="error", reasons=(run.stderr.strip().splitlines() or [""])[-1])
        report = json.loads((folder / "out" / "run.json").read_text())
        found = report["registration"]
        search = found.get("search", {})
        predicted = report["predicted_error_nm"]           # null where too little is explained to tell
        row = dict(name=name, kind=kind, predicted_nm="" if predicted is None else round(predicted, 1), verdict=report["verdict"],
                   significance=round(found["contrast"]["significance"], 1), correlation=round(found["correlation"], 3),
                   ratio=round(search.get("ratio") or 99, 2), handedness=round(search.get("handedness_ratio") or 99, 2), bright=found["objects"]["bright"],
                   psf_xy=round(found["psf_xy_nm"]), psf_z=round(found["psf_z_nm"]), linear=found["linear"], scale=round(found["scale"], 3),
                   deformed=found.get("held_out", {}).get("better"), seconds=round(report["total_seconds"], 1),
                   peak_mb=round(report["peak_memory_mb"]), reasons=" | ".join(report["reasons"]))
        if "other" in how:
            return row
        corner = np.array([0, y0, x0]) * EM_NM
        inside = ((pair.targets >= corner) & (pair.targets < np.array([1e9, y1 * EM_NM, x1 * EM_NM]))).all(1)
        source = pair.places[inside] * [pitch, 1, 1]
        np.savetxt(folder / "in.csv", source, delimiter=",", header="z,y,x", comments="", fmt="%.6f")
        moved = clemreg("transform-points", "--transform", folder / "out" / "transform.json", "--points", folder / "in.csv", "--out", folder / "moved.csv")
        if moved.returncode:
            raise SystemExit(moved.stderr)
        got = np.loadtxt(folder / "moved.csv", delimiter=",", skiprows=1)[:, :3]
        if reverse:
            got[:, 0] = (pair.em.shape[0] - 1) * EM_NM - got[:, 0]
        error = np.linalg.norm(got + corner - pair.targets[inside], axis=1)
        row.update(tre_nm=round(error.mean(), 1), tre_p95_nm=round(float(np.percentile(error, 95)), 1))
        return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mask", type=pathlib.Path)
    parser.add_argument("--maker", type=pathlib.Path)
    parser.add_argument("--cases", type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", help="kinds that begin so, separated by commas")
    parser.add_argument("--most", type=int, default=1000, help="pairs of a kind")
    parser.add_argument("--set", action="append", default=[])
    a = parser.parse_args()
    if a.mask:
        done = {row["name"] for row in csv.DictReader(a.out.open())} if a.out.exists() else set()
        whole = tifffile.imread(a.mask) > 0
        seen = {}
        for kind, name, case, how in pairs():
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] > a.most or name in done or not kind.startswith(tuple(a.only.split(","))):
                continue
            pair = Pair(made(case, a), whole)
            if "other" in how:
                pair.em = whole[stranger(how["other"])]
            row = row_of(kind, name, pair, how, a)
            fresh = not a.out.exists()
            with a.out.open("a", newline="") as file:
                writer = csv.DictWriter(file, FIELDS)
                if fresh:
                    writer.writeheader()
                writer.writerow(row)
            print(", ".join(f"{k} {row[k]}" for k in ("name", "tre_nm", "predicted_nm", "verdict", "significance", "ratio", "seconds") if k in row), flush=True)
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
    known = [r for r in rows if r["tre_nm"]]
    reliable = [r for r in known if r["verdict"] == "reliable"]
    good = [r for r in known if float(r["tre_nm"]) < 30]
    ratios = [float(r["tre_nm"]) / float(r["predicted_nm"]) for r in reliable]
    print(f"\n{len(known)} pairs that belong together: {len(reliable)} reliable, {sum(0.5 <= q <= 2 for q in ratios)} of these with true / predicted in 0.5 to 2, "
          f"{sum(float(r['tre_nm']) > 100 for r in reliable)} of these above 100 nm. Of {len(good)} with an error below 30 nm, "
          f"{sum(r['verdict'] == 'unreliable' for r in good)} are called unreliable.")


if __name__ == "__main__":
    sys.exit(main())
