#!/usr/bin/python3
"""Organelles from boxes on simulated stacks: the paper's composition beside the linked one, with exact boxes and with a detector's errors, beside the published figures.

    organelles_simulated.py --out FOLDER [--seeds LIST] [--size Z,Y,X] [--spacing Z,XY] [--errors NAME[,NAME...]] [--set key=value ...]

Each stack is simulated once, each segmentation and comparison made once: what is in FOLDER is used again. --set goes to segment-organelles. Objects count as found from an intersection over union of 0.25 on (the paper does not say
its limit; 0.1 and 0.5 are in organelles.csv). Counts and volumes are summed over the seeds before the figures are computed. Prints Markdown and leaves it as organelles.md. Python's own library only.
"""
import argparse
import csv
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CLEMREG = HERE.parent / "scripts" / "clemreg"
CLASSES = ["early endosomes", "late endosomes", "mitochondria", "lysosomes", "nucleus"]
# Tables 1 and 2, automatic against the first expert, FIB-SEM of HeLa, per cent.
PAPER_F1 = [81.61, 20.69, 88.18, 77.46, 100.0]
PAPER_OVERLAP = [65.04, 31.08, 95.20, 93.60, 98.31]
LIMIT = 0.25
ERRORS = {
    "exact": [],
    "jitter": ["--box-jitter", "0.05"],
    "misses": ["--box-jitter", "0.05", "--missed-boxes", "0.1", "--missed-objects", "0.05"],
    "detector": ["--box-jitter", "0.05", "--missed-boxes", "0.1", "--missed-objects", "0.05", "--false-boxes", "0.1", "--confused", "0.3"],
}


def clemreg(*arguments):
    run = subprocess.run([str(CLEMREG), *map(str, arguments)], capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"clemreg {' '.join(map(str, arguments))}\n{run.stderr.strip()}")


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def compared(folder, seed, errors, composition, options):
    """The folder of the comparison of one stack, made where it is not there."""
    z, y, x = options.size.split(",")
    sz, sxy = options.spacing.split(",")
    sample = folder / f"sample-{seed}-{errors}"
    if not sample.exists():
        clemreg("simulate", "--kind", "organelles", "--seed", seed, "--set", f"em_size_z={z}", "--set", f"em_size_y={y}", "--set", f"em_size_x={x}", "--set", f"em_spacing_z={sz}", "--set", f"em_spacing_xy={sxy}",
                *ERRORS[errors], "--out", sample)
    made = folder / f"segmented-{seed}-{errors}-{composition}"
    if not made.exists():
        clemreg("segment-organelles", "--image", sample / "em.tif", "--boxes", sample / "boxes.csv", "--composition", composition, *[v for s in options.set for v in ("--set", s)], "--out", made)
    comparison = folder / f"compared-{seed}-{errors}-{composition}"
    if not comparison.exists():
        clemreg("compare-segmentations", "--a", made / "labels.tif", "--b", sample / "labels.tif", "--image", sample / "em.tif", "--overlay", "montage", "--set", "areas=false", "--out", comparison)
    return comparison


def figures(comparisons, rows, errors, composition):
    """Per class F1 and the paper's overlap, per cent, over all stacks."""
    result = []
    for name in CLASSES:
        counts = {}
        overlap, volume = 0.0, 0.0
        for folder in comparisons:
            for row in table(folder / "classes.csv"):
                if row["class"] == name:
                    counts.setdefault(row["iou_limit"], []).append([int(row[k]) for k in ("true_positives", "false_positives", "false_negatives", "split", "merged")])
            for row in table(folder / "volumes.csv"):
                if row["class"] == name:
                    overlap += float(row["intersection_um3"])
                    volume += float(row["volume_b_um3"])
        for limit, lists in counts.items():
            tp, fp, fn, split, merged = (sum(v) for v in zip(*lists))
            f1 = 200 * tp / (2 * tp + fp + fn) if tp + fp + fn else float("nan")
            rows.append([errors, composition, name, limit, tp, fp, fn, split, merged, round(f1, 2), round(100 * overlap / volume, 2) if volume else ""])
            if float(limit) == LIMIT:
                result.append((f1, 100 * overlap / volume if volume else float("nan"), split, merged))
        if not counts:
            result.append((float("nan"),) * 4)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default=[1, 2], metavar="1,2")
    parser.add_argument("--size", default="100,512,512")
    parser.add_argument("--spacing", default="15,15")
    parser.add_argument("--errors", default=",".join(ERRORS))
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows, text = [], [f"F1 of objects at an intersection over union of {LIMIT}, and the volume overlap as in the paper, per cent; {len(options.seeds)} stacks of {options.size} voxels (z, y, x) of {options.spacing} nm (z, xy).\n",
                      "| boxes | composition | " + " | ".join(f"{c}: F1 | overlap" for c in CLASSES) + " | split | merged |", "|---" * (2 * len(CLASSES) + 4) + "|"]
    text.append("| the paper's | (real stack, YOLOv4) | " + " | ".join(f"{f:.1f} | {o:.1f}" for f, o in zip(PAPER_F1, PAPER_OVERLAP)) + " | | |")
    for errors in options.errors.split(","):
        for composition in ("paper", "linked"):
            found = figures([compared(options.out, seed, errors, composition, options) for seed in options.seeds], rows, errors, composition)
            text.append(f"| {errors} | {composition} | " + " | ".join(f"{f:.1f} | {o:.1f}" for f, o, _, _ in found) + f" | {sum(s for _, _, s, _ in found if s == s):.0f} | {sum(m for _, _, _, m in found if m == m):.0f} |")
    (options.out / "organelles.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    with open(options.out / "organelles.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["boxes", "composition", "class", "iou_limit", "true_positives", "false_positives", "false_negatives", "split", "merged", "f1", "paper_overlap"], *rows])
    print("\n".join(text))


if __name__ == "__main__":
    main()
