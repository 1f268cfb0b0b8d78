#!/usr/bin/python3
"""The steps of cell detection beside scikit-image and SciPy on one simulated section, in one run: times, ratios, and how far the results differ.

    dotnet build -c Release benchmarks/CellDetection && benchmarks/cells_side_by_side.py [--size 2048] [--repeats 3] [--skip-ball]

Both sides get the same arrays, in memory; the fastest of some runs counts. Ours has two threads, scikit-image's rolling ball too; the rest of scikit-image has one.
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
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--skip-ball', action='store_true', help="without scikit-image's rolling ball, which takes longest")
    args = parser.parse_args()
    image = section(args.size)
    print(f'{args.size} x {args.size} pixels, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n')
    with tempfile.TemporaryDirectory() as work:
        image.astype(np.float32).tofile(f'{work}/section.raw')
        done = subprocess.run(['dotnet', PROGRAM, 'steps', f'{work}/section.raw', str(args.size), str(args.size), str(args.repeats), work], check=True, capture_output=True, text=True)
        ours = {name: (float(wall), float(cpu)) for name, wall, cpu in (line.split(';') for line in done.stdout.splitlines())}

        def read(name, kind=np.float32):
            return np.fromfile(f'{work}/{name}.raw', kind).reshape(image.shape)

        filled, gradient, markers, equalised, feature, grey = read('filled'), read('gradient'), read('markers', np.int32), read('equalised'), read('feature'), image.astype(np.float32)
        seed, mask = np.where(markers > 0, gradient, gradient.max()), feature <= np.sort(feature, axis=None)[int(0.92 * feature.size)]
        steps = {
            'rolling ball': (lambda: restoration.rolling_ball(grey, radius=50, num_threads=2), lambda r: f'mean difference {abs(r - read("background")).mean():.2f} grey values'),
            'CLAHE': (lambda: exposure.equalize_adapthist(image), lambda r: f'largest difference {abs(r - equalised).max():.1e}'),
            'LoG': (lambda: -ndi.gaussian_laplace(grey, 7, truncate=3, mode='constant', cval=grey.mean()), lambda r: f'correlation {np.corrcoef(r.ravel(), read("response").ravel())[0, 1]:.6f}'),
            'distance': (lambda: ndi.distance_transform_edt(mask), lambda r: f'largest difference {abs(r - read("distance")).max():.1e}'),
            'local minima': (lambda: morphology.local_minima(-feature), lambda r: f'{(r != (markers > 0)).sum()} pixels differ'),
            'Sobel': (lambda: np.hypot(filters.sobel_h(equalised), filters.sobel_v(equalised)), lambda r: ''),
            'reconstruction': (lambda: morphology.reconstruction(seed, gradient, 'erosion', SQUARE), lambda r: f'largest difference {abs(r - filled).max():.1e}'),
            'watershed with lines': (lambda: segmentation.watershed(filled, markers, SQUARE, watershed_line=True), lambda r: f'{(r != read("basins", np.int32)).sum()} pixels differ'),
        }
        print('| step | ours, s (CPU s) | scikit-image or SciPy, s | ratio | result |\n|---|---|---|---|---|')
        for name, (wall, cpu) in ours.items():
            if name not in steps or args.skip_ball and name == 'rolling ball':
                print(f'| {name} | {wall:.3f} ({cpu:.2f}) | | | |', flush=True)
                continue
            best = np.inf
            for _ in range(args.repeats):
                start = time.perf_counter()
                result = steps[name][0]()
                best = min(best, time.perf_counter() - start)
            print(f'| {name} | {wall:.3f} ({cpu:.2f}) | {best:.2f} | {best / wall:.1f} | {steps[name][1](result)} |', flush=True)


main()
