#!/usr/bin/python3
"""BCPD of this software beside the C program bcpd on the same two point files, in one run.

    bcpd_side_by_side.py --moving M.csv --fixed F.csv --bcpd /path/to/bcpd [--tre PAIRS.csv] --out DIR

Points are text, z, y, x a line in nm. bcpd (github.com/ohirose/bcpd) is built by the reader, outside of this repository; without --bcpd only ours
runs. Both get 2 threads and the same parameters, once as bcpd's own `-A` and once with every pair (ours alone). Printed as Markdown: seconds
(the solver alone, without reading and writing), iterations, peak memory, and how far the moved points differ: the root mean square of the
difference, in nm and relative to the deformation that bcpd applies once a similarity is taken out. bcpd chooses its samples at random, so it runs
with two seeds: its difference to itself is what agreement can mean.
"""
import argparse
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SETTINGS = {  # name: (omega, lambda, beta, gamma)
    "stiff": (0.1, 10000, 2, 0.1),
    "middle": (0.1, 1000, 2, 0.1),
    "flexible": (0.1, 50, 2, 0.1),
}


def read(path):
    with open(path) as file:
        lines = [line.replace(",", " ").split() for line in file]
    return np.array([[float(v) for v in fields[:3]] for fields in lines if fields and re.match(r"^[-+.\d]", fields[0])])


def without_similarity(source, target):
    """What is left of target - source after the similarity that fits best."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a)
    d = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * d).sum() / (a ** 2).sum()
    return b - scale * a @ (u @ np.diag(d) @ vt).T


def rms(v):
    return np.sqrt((v ** 2).sum(1).mean())


def ours(program, moving, fixed, setting, acceleration, out, tre, repeats):
    omega, lam, beta, gamma = setting
    command = ["dotnet", program, moving, fixed, "algorithm=bcpd", f"omega={omega}", f"lambda={lam}", f"beta={beta}", f"gamma={gamma}",
               f"acceleration={acceleration}", "threads=2", f"repeats={repeats}", f"out={out}"] + ([f"tre={tre}"] if tre else [])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout), read(out)


def theirs(program, moving, fixed, setting, seed, out):
    omega, lam, beta, gamma = setting
    command = ["/usr/bin/time", "-f", "%M", program, "-x", fixed, "-y", moving, "-A", "-w", str(omega), "-l", str(lam), "-b", str(beta),
               "-g", str(gamma), "-r", str(seed), "-o", f"{out}_", "-q"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ, OMP_NUM_THREADS="2"))
    seconds = float(re.search(r"VB Optimization: ([\d.]+)", Path(f"{out}_comptime.txt").read_text()).group(1))
    loops = int(re.search(r"loops\s+(\d+)", Path(f"{out}_info.txt").read_text()).group(1)) + 1
    return seconds, loops, int(done.stderr.split()[-1]) / 1024, read(f"{out}_y.txt")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moving", required=True)
    parser.add_argument("--fixed", required=True)
    parser.add_argument("--bcpd", help="the C program")
    parser.add_argument("--tre", help="pairs: moving z, y, x, fixed z, y, x")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--repeats", type=int, default=2, help="the fastest counts")
    parser.add_argument("--settings", default=",".join(SETTINGS))
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    build = a.out / "program"
    subprocess.run(["dotnet", "build", HERE / "CloudRegistration", "-c", "Release", "-o", build], check=True, stdout=subprocess.DEVNULL)
    program = build / "CloudRegistration.dll"
    moving = read(a.moving)
    paths = {}
    for name, points in (("moving", moving), ("fixed", read(a.fixed))):
        paths[name] = a.out / f"{name}.txt"
        np.savetxt(paths[name], points, fmt="%.9g")
    print(f"load {os.getloadavg()[0]:.1f}, {len(moving)} onto {len(read(a.fixed))} points\n")
    print("| setting | who | s | iterations | MB | deformation | differs from bcpd by | TRE |\n|---|---|---|---|---|---|---|---|")
    for name in a.settings.split(","):
        setting, reference = SETTINGS[name], None
        label = f"{name}: omega {setting[0]}, lambda {setting[1]}, beta {setting[2]}, gamma {setting[3]}"
        if a.bcpd:
            runs = [theirs(a.bcpd, paths["moving"], paths["fixed"], setting, seed, a.out / f"{name}_{seed}") for seed in range(1, max(2, a.repeats) + 1)]
            reference = without_similarity(moving, runs[0][3])
            print(f"| {label} | bcpd -A | {min(r[0] for r in runs):.2f} | {runs[0][1]} | {runs[0][2]:.0f} | {rms(reference):.1f} nm "
                  f"| {compare(reference, moving, runs[1][3])} (another seed) | |")
        for acceleration in ("truncated", "exact"):
            result, moved = ours(program, paths["moving"], paths["fixed"], setting, acceleration, a.out / f"{name}_{acceleration}.txt", a.tre, a.repeats)
            ratio = f" ({result['seconds'] / min(r[0] for r in runs):.2f} of bcpd's)" if a.bcpd else ""
            print(f"| | ours, {acceleration} | {result['seconds']:.2f}{ratio} | {result['iterations']} | {result['peak_mb']} | {rms(without_similarity(moving, moved)):.1f} nm "
                  f"| {compare(reference, moving, moved) if reference is not None else ''} | {result.get('tre_mean_nm', '')} |", flush=True)


def compare(reference, moving, moved):
    difference = rms(reference - without_similarity(moving, moved))
    return f"{difference:.2f} nm, {100 * difference / rms(reference):.2f} %"


main()
