#!/usr/bin/python3
"""What detect-cells finds at its defaults in the five real in-resin sections of data/irf (in ../shared, or in the folder that CLEMREG_SHARED names): outlines and boxes without the sections' pixels, which may not be copied.

    benchmarks/irf_outlines.py OUT.png [FOLDER]      # after scripts/build.sh; FOLDER (new) keeps each section's files, overlay.png with its pixels among them
"""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from skimage import io

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTIONS = sorted(pathlib.Path(os.environ.get('CLEMREG_SHARED', ROOT.parent / 'shared'), 'data/irf').glob('*.tiff'))
COLUMNS = 3


def colour(score):
    """As in overlay.png: green from 0.5 on, yellow from 0.35 on, orange below."""
    return (90, 220, 90) if score >= 0.5 else (240, 220, 60) if score >= 0.35 else (255, 140, 40)


def drawn(folder):
    labels = tifffile.imread(folder / 'labels.tif')
    picture = np.full((*labels.shape, 3), 32, np.uint8)
    picture[0], picture[:, 0] = 90, 90
    rows = list(csv.DictReader(open(folder / 'boxes.csv', newline='')))
    for row in rows:
        x, y, width, height = (int(row[k]) for k in ('x', 'y', 'width', 'height'))
        picture[y, x:x + width] = picture[y + height - 1, x:x + width] = picture[y:y + height, x] = picture[y:y + height, x + width - 1] = 110
    framed = np.pad(labels, 1)
    edge = (labels > 0) & np.any([labels != framed[1 + b:1 + b + labels.shape[0], 1 + a:1 + a + labels.shape[1]] for b, a in ((0, 1), (1, 0), (0, -1), (-1, 0))], axis=0)
    for row in rows:
        picture[edge & (labels == int(row['cell']))] = colour(float(row['score']))
    return picture, [(int(r['width']) * int(r['height'])) ** 0.5 for r in rows]


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    if not SECTIONS:
        raise SystemExit('There is no data/irf with sections; CLEMREG_SHARED names the folder that holds data.')
    with tempfile.TemporaryDirectory() as work:
        keep, panels = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else f'{work}/irf'), []
        keep.mkdir(parents=True)
        for section in SECTIONS:
            folder = keep / section.name.split('_')[0]
            subprocess.run([ROOT / 'scripts/clemreg', 'detect-cells', '--image', section, '--out', folder], check=True, stdout=subprocess.DEVNULL)
            picture, sizes = drawn(folder)
            panels.append(picture)
            print(f'{section.name}: {len(sizes)} boxes, {min(sizes):.0f} to {max(sizes):.0f} pixels (square roots of their areas)')
    panels += [np.full_like(panels[0], 255)] * (-len(panels) % COLUMNS)
    io.imsave(sys.argv[1], np.vstack([np.hstack(panels[i:i + COLUMNS]) for i in range(0, len(panels), COLUMNS)]), check_contrast=False)


main()
