#!/usr/bin/python3
"""`scripts/clemreg register` and the Python reference on the same case, one after the other in one run.

    side_by_side.py --case A --seed 1 --out DIR

DIR/case is made by make_clem_case.py unless it is there. Each program runs in its own process under /usr/bin/time -v, with
the same number of threads; clemreg's is rigid, whose steps the Python program has, or with --algorithm auto the default one. Printed as
Markdown (and left in DIR/side_by_side.md and .json): seconds per stage, whole time, peak memory, their ratios, TRE, and how far masks and clouds agree.
"""
import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile
from scipy.spatial import cKDTree

import tre

HERE = Path(__file__).resolve().parent
ROWS = ["read images", "segment fluorescence", "sample moving points", "sample fixed points", "register points", "warp",
        "write results", "start and other"]
# The first pattern that a stage's name matches says which row of the table it belongs to.
# Parts of stages that have rows themselves have none.
ROW_OF_STAGE = [(r"^(prepare the|correlate|climb|refine |register halves|compare with shifted|fit half|judge|centre lines)", None),
                (r"^(search|refine|compare with points)$", "register points"),
                (r"import|start", "start and other"),
                (r"writ|sav|overlay|picture|hash", "write results"),
                (r"read|load|open|input", "read images"),
                (r"warp|resample image", "warp"),
                (r"segment|threshold|gauss|component|roi", "segment fluorescence"),
                (r"(sampl|cloud|edge|canny|outlier|resample).*(fixed|em\b)|(fixed|em\b).*(sampl|cloud|point)", "sample fixed points"),
                (r"sampl|cloud|edge|canny|outlier", "sample moving points"),
                (r"regist|cpd", "register points")]


def shared_folder():
    folder = Path(os.environ.get("CLEMREG_SHARED", HERE.parent.parent / "shared"))
    if not (folder / "tools" / "make_clem_case.py").is_file():
        sys.exit(f"the case maker tools/make_clem_case.py is not in {folder}: set CLEMREG_SHARED to the folder that holds tools/ and data/")
    return folder


def make_case(case, seed, mask, folder):
    """fm.tif and truth.json in `folder`, made under another name first so that a broken-off run leaves no half case."""
    if (folder / "truth.json").is_file() and (folder / "fm.tif").is_file():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run([sys.executable, shared_folder() / "tools" / "make_clem_case.py", "--case", case, "--seed", str(seed),
                    "--mask", mask, "--out", part], check=True)
    part.rename(folder)


def run_timed(name, command, out, threads):
    """Runs the command; its wall and CPU seconds, peak resident MB and the run.json that it left. None if it failed."""
    report = out.with_name(out.name + ".time.txt")
    env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), CLEMREG_BENCH_THREADS=str(threads))
    shutil.rmtree(out, ignore_errors=True)
    print(f"running {name} …", file=sys.stderr, flush=True)
    done = subprocess.run(["/usr/bin/time", "-v", "-o", report, *command], env=env, stdout=sys.stderr)
    if done.returncode != 0:
        print(f"{name} ended with {done.returncode}", file=sys.stderr)
        return None
    text = report.read_text()
    run = json.loads((out / "run.json").read_text())
    clock = re.search(r"Elapsed .*?: ([\d:.]+)$", text, re.M).group(1)
    seconds = sum(float(part) * 60 ** i for i, part in enumerate(reversed(clock.split(":"))))
    # The reference resets the kernel's high-water mark at each stage, so the larger of both numbers is the peak.
    peak = max(int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", text).group(1)) / 1024, run.get("peak_memory_mb") or 0)
    cpu = sum(float(v) for v in re.findall(r"(?:User|System) time \(seconds\): ([\d.]+)", text))
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak, "run": run, "rows": rows(run, seconds)}


def rows(run, whole):
    """Seconds per row of the table; what no stage accounts for (start of the JVM, of Python) goes to the last row."""
    out = dict.fromkeys(ROWS, 0.0)
    for stage in run["stages"]:
        name = stage["stage"].lower().replace("_", " ").replace("-", " ")
        row = next((row for pattern, row in ROW_OF_STAGE if re.search(pattern, name)), "start and other")
        if row not in (None, "start and other"):
            out[row] += stage["seconds"]
    out["start and other"] = max(0.0, whole - sum(out.values()))
    return out


def dice(a, b):
    """Dice of two binary masks, or a sentence when their sizes differ."""
    a, b = tifffile.imread(a) > 0, tifffile.imread(b) > 0
    if a.shape != b.shape:
        return f"sizes differ: {a.shape} and {b.shape}"
    return round(float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))), 5)


def cloud(path):
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)


def cloud_distance(a, b):
    """Mean distance in nm from a point to the other cloud's nearest, both ways, and within cloud a for comparison."""
    ta, tb = cKDTree(a), cKDTree(b)
    return {"points": [len(a), len(b)], "first_to_second": float(tb.query(a)[0].mean()), "second_to_first": float(ta.query(b)[0].mean()),
            "neighbours_within_first": float(ta.query(a, 2)[0][:, 1].mean())}


def machine():
    """The processor, its cores, and the load before the runs: timings mean little on a busy machine."""
    try:
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        model = platform.processor()
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start"


def table(ours, reference, title, conditions):
    lines = [f"### {title}", "", conditions, "", "| | clemreg | Python | ratio |", "|---|---|---|---|"]

    def line(name, a, b, digits=2):
        cell = lambda v: "–" if v is None else f"{v:.{digits}f}"
        ratio = f"{b / a:.1f}" if a and b else "–"
        lines.append(f"| {name} | {cell(a)} | {cell(b)} | {ratio} |")

    get = lambda r, f: None if r is None else f(r)
    for row in ROWS:
        line(row + ", s", get(ours, lambda r: r["rows"][row]), get(reference, lambda r: r["rows"][row]))
    line("**whole, s**", get(ours, lambda r: r["seconds"]), get(reference, lambda r: r["seconds"]))
    line("CPU, s", get(ours, lambda r: r["cpu_seconds"]), get(reference, lambda r: r["cpu_seconds"]))
    line("**peak memory, MB**", get(ours, lambda r: r["peak_mb"]), get(reference, lambda r: r["peak_mb"]), 0)
    for key, name in (("mean", "TRE mean, nm"), ("median", "TRE median, nm"), ("p95", "TRE 95 %, nm"), ("max", "TRE max, nm")):
        line(name, get(ours, lambda r: r["tre"][key]), get(reference, lambda r: r["tre"][key]), 1)
    return lines


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--case", default="A", choices="ABC")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--case-folder", type=Path, help="an existing folder with fm.tif and truth.json; default: DIR/case, made if absent")
    ap.add_argument("--mask", type=Path, help="EM mask; default: data/clemreg/em_mask.tif of the shared folder")
    ap.add_argument("--fixed-spacing", default="20,20", help="z,xy in nm of the mask, which has no calibration of its own")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--clemreg", type=Path, default=HERE.parent / "scripts" / "clemreg")
    ap.add_argument("--algorithm", default="rigid", help="clemreg's; rigid does what the reference does")
    ap.add_argument("--set", action="append", default=[], help="key=value, handed to clemreg")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--workers", type=int, default=1, help="threads of the reference outside BLAS; the published tool has one")
    ap.add_argument("--repeats", type=int, default=1, help="runs of each, alternating; the fastest counts")
    ap.add_argument("--only", choices=["clemreg", "reference"])
    a = ap.parse_args()
    if not Path("/usr/bin/time").is_file():
        sys.exit("/usr/bin/time is missing: install Debian's package time")
    mask = a.mask or shared_folder() / "data" / "clemreg" / "em_mask.tif"
    a.out.mkdir(parents=True, exist_ok=True)
    case = a.case_folder or a.out / "case"
    if a.case_folder is None:
        make_case(a.case, a.seed, mask, case)
    fm, truth = case / "fm.tif", case / "truth.json"
    made = json.loads(truth.read_text())
    conditions = f"{machine()}; {a.threads} threads each, reference with {a.workers} outside BLAS; fastest of {a.repeats}."

    ours_out, reference_out = a.out / "clemreg", a.out / "reference"
    commands = {}
    if a.only != "reference":
        if a.clemreg.is_file():
            commands["clemreg"] = (ours_out, [a.clemreg, "register", "--moving", fm, "--fixed-mask", mask, "--set", f"registration_algorithm={a.algorithm}", "--fixed-spacing",
                                              a.fixed_spacing, "--out", ours_out, "--threads", str(a.threads),
                                              *(word for s in a.set for word in ("--set", s))])
        else:
            print(f"no launcher at {a.clemreg}: only the reference runs", file=sys.stderr)
    if a.only != "clemreg":
        commands["reference"] = (reference_out, [sys.executable, HERE / "reference_pipeline.py", "--moving", fm, "--fixed-mask", mask,
                                                 "--fixed-spacing", a.fixed_spacing, "--out", reference_out, "--workers", str(a.workers)])
    best = {}
    for _ in range(a.repeats):
        for name, (out, command) in commands.items():
            result = run_timed(name, command, out, a.threads)
            if result and (name not in best or result["seconds"] < best[name]["seconds"]):
                best[name] = result
    if not best:
        sys.exit("nothing ran")
    for name, result in best.items():
        result["tre"] = tre.tre(commands[name][0] / "transform.json", truth, mask, a.fixed_spacing)

    ours, reference = best.get("clemreg"), best.get("reference")
    title = f"Case {made.get('case', '?')}, seed {made.get('seed', '?')}"
    lines = table(ours, reference, title, conditions)
    lines.append(f"| TRE mean without registration, nm | {tre.tre(None, truth, mask, a.fixed_spacing)['mean']:.0f} | | |")
    agreement = {}
    if ours and reference:
        agreement["moving_mask_dice"] = dice(ours_out / "moving_mask.tif", reference_out / "moving_mask.tif")
        lines += ["", f"Dice of the two fluorescence masks: {agreement['moving_mask_dice']}."]
        for which in ("moving", "fixed"):
            d = cloud_distance(cloud(ours_out / f"{which}_points.csv"), cloud(reference_out / f"{which}_points.csv"))
            agreement[f"{which}_points"] = d
            lines.append(f"{which.capitalize()} points: {d['points'][0]} and {d['points'][1]}; nearest point of the other cloud at "
                         f"{d['first_to_second']:.0f} and {d['second_to_first']:.0f} nm on average (nearest within the first: "
                         f"{d['neighbours_within_first']:.0f} nm).")
    for name, result in best.items():
        stages = ", ".join(f"{s['stage']} {s['seconds']:.2f}" for s in result["run"]["stages"])
        lines += ["", f"Stages of {name} as it named them, s: {stages}."]
    text = "\n".join(lines)
    print(text)
    (a.out / "side_by_side.md").write_text(text + "\n")
    (a.out / "side_by_side.json").write_text(json.dumps({"title": title, "conditions": conditions, "results": best,
                                                         "agreement": agreement}, indent=1))


if __name__ == "__main__":
    main()
