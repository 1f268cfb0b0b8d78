#!/usr/bin/python3
"""The steps of cell detection beside scikit-image, SciPy and ImageJ on one simulated section, in one run: times, ratios, and how far the results differ.

    dotnet build -c Release benchmarks/CellDetection && benchmarks/cells_side_by_side.py [--size 2048] [--rounds 3] [--skip-ball] [--bm3d]
    benchmarks/cells_side_by_side.py --ours 5       our detector alone, so many times: medians, and the load before and after

All get the same arrays, in memory. They take turns, a round each; of each step the fastest counts, with its processor time (user and system).
Ours has two threads, scikit-image's rolling ball too; the rest of scikit-image and ImageJ have one. ImageJ (Debian's libij-java, or the ij.jar that CLEMREG_IJ_JAR names) is warmed up by ten runs, of which the fastest counts.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import scipy.ndimage as ndi
from skimage import exposure, filters, morphology, restoration, segmentation

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / 'benchmarks/CellDetection/bin/Release/net10.0/CellDetection.dll'
IMAGEJ = os.environ.get('CLEMREG_IJ_JAR', '/usr/share/java/ij.jar')
RADIUS = 50
SQUARE = np.ones((3, 3))


def section(size, noise=20.0):
    """Discs with dark nuclei on a bell-shaped background, as CellSimulator makes them: 14 for each 512 x 512 pixels."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    image = 400 + 80 * np.exp(-((y - size / 2) ** 2 + (x - size / 2) ** 2) / (2 * (size / 3) ** 2))
    for _ in range(round(14 * (size / 512) ** 2)):
        (cy, cx), r, bright = rng.uniform(0, size, 2), rng.normal(22, 4), rng.normal(200, 50)
        rows, columns = [slice(max(0, int(c - r - 1)), int(c + r + 2)) for c in (cy, cx)]
        d = np.hypot(y[rows, columns] - cy, x[rows, columns] - cx)
        image[rows, columns] += bright * ((d < r) & (d > r / 2))
    return np.clip(np.round(image + rng.normal(0, noise, image.shape)), 0, 65535).astype(np.uint16)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, default=2048)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--skip-ball', action='store_true', help="without scikit-image's rolling ball, which takes longest and runs in the first round only")
    parser.add_argument('--bm3d', action='store_true', help='BM3D too, in the first round')
    parser.add_argument('--ours', type=int, metavar='RUNS', help='nothing but our detector, so many times')
    args = parser.parse_args()
    image = section(args.size)
    grey, best, notes = image.astype(np.float32), {}, {}

    def note(side, name, wall, cpu):
        best[side, name] = min(best.get((side, name), (np.inf, np.inf)), (wall, cpu))

    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as work:
        grey.tofile(f'{work}/section.raw')

        def read(name, kind=np.float32):
            return np.fromfile(f'{work}/{name}.raw', kind).reshape(image.shape)

        if args.ours:
            done = subprocess.run(['dotnet', PROGRAM, 'times', f'{work}/section.raw', str(args.size), str(args.size), str(args.ours)], check=True, capture_output=True, text=True)
            walls, cpus = zip(*(map(float, line.split(';')[1:]) for line in done.stdout.splitlines()))
            print(f'{args.size} x {args.size} pixels, {args.ours} runs, load {loads[0]:.1f} {os.getloadavg()[0]:.1f}: {np.median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f}), processor {np.median(cpus):.2f} s ({min(cpus):.2f} to {max(cpus):.2f})')
            return
        for turn in range(args.rounds):
            done = subprocess.run(['dotnet', PROGRAM, 'steps', f'{work}/section.raw', str(args.size), str(args.size), work, *(['bm3d'] if args.bm3d and turn == 0 else [])], check=True, capture_output=True, text=True)
            for line in done.stdout.splitlines():
                name, wall, cpu = line.split(';')
                note('ours', name, float(wall), float(cpu))
            filled, gradient, markers, equalised, feature = read('filled'), read('gradient'), read('markers', np.int32), read('equalised'), read('feature')
            seed, mask = np.where(markers > 0, gradient, gradient.max()), feature <= np.sort(feature, axis=None)[int(0.92 * feature.size)]
            # SciPy takes the constant beyond the border for each of its passes, ours for the section: with zeros around the zero-mean section both are the same.
            steps = {
                'rolling ball': (lambda: restoration.rolling_ball(grey, radius=RADIUS, num_threads=2), lambda r: f'mean difference {abs(r - read("background")).mean():.2f} grey values'),
                'CLAHE': (lambda: exposure.equalize_adapthist(image), lambda r: f'largest difference {abs(r - equalised).max():.1e}'),
                'LoG': (lambda: -ndi.gaussian_laplace(grey - grey.mean(), 7, truncate=3, mode='constant'), lambda r: f'correlation {np.corrcoef(r.ravel(), read("response").ravel())[0, 1]:.6f}'),
                'distance': (lambda: ndi.distance_transform_edt(mask), lambda r: f'largest difference {abs(r - read("distance")).max():.1e}'),
                'local minima': (lambda: morphology.local_minima(-feature), lambda r: f'{(r != (markers > 0)).sum()} pixels differ'),
                'Sobel': (lambda: np.hypot(filters.sobel_h(equalised), filters.sobel_v(equalised)), lambda r: ''),
                'reconstruction': (lambda: morphology.reconstruction(seed, gradient, 'erosion', SQUARE), lambda r: f'largest difference {abs(r - filled).max():.1e}'),
                'watershed with lines': (lambda: segmentation.watershed(filled, markers, SQUARE, watershed_line=True), lambda r: f'{(r != read("basins", np.int32)).sum()} pixels differ'),
            }
            for name, (step, compare) in steps.items():
                if name == 'rolling ball' and (args.skip_ball or turn > 0):
                    continue
                start, cpu = time.perf_counter(), time.process_time()
                result = step()
                note('theirs', name, time.perf_counter() - start, time.process_time() - cpu)
                notes[name] = compare(result)
            ball = subprocess.run(['java', '-cp', IMAGEJ, ROOT / 'benchmarks/RollingBallTimes.java', f'{work}/section.raw', str(args.size), str(args.size), str(RADIUS), f'{work}/imagej.raw'],
                                  check=True, capture_output=True, text=True)
            note('ImageJ', 'rolling ball', *map(float, ball.stdout.split(';')))
            imagej = f'largest difference {abs(read("imagej") - read("background")).max():.1e} grey values'
            loads.append(os.getloadavg()[0])
    print(f'{args.size} x {args.size} pixels, {args.rounds} rounds, load {" ".join(f"{load:.1f}" for load in loads)}, {os.cpu_count()} processors\n')
    print('| step | ours, s (CPU s) | scikit-image or SciPy, s (CPU s) | ratio | result |\n|---|---|---|---|---|')
    for side, name in best:
        if side == 'ours':
            wall, cpu = best[side, name]
            other = best.get(('theirs', name))
            rest = f'{other[0]:.3f} ({other[1]:.2f}) | {other[0] / wall:.1f} | {notes[name]}' if other else '| |'
            print(f'| {name} | {wall:.3f} ({cpu:.2f}) | {rest} |')
    (wall, cpu), (other, its) = best['ours', 'rolling ball'], best['ImageJ', 'rolling ball']
    print(f'| rolling ball, ImageJ in place of scikit-image | {wall:.3f} ({cpu:.2f}) | {other:.3f} ({its:.2f}) | {other / wall:.1f} | {imagej} |')


main()
