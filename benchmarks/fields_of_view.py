#!/usr/bin/env python3
"""Which share of the true cells' area fields of view hold, and what they cost: detect-cells, export-fields and evaluate-detection on simulated serial sections and, with CLEMREG_CELLS, on a folder of
images with labels.

    benchmarks/fields_of_view.py [SEEDS]      # after scripts/build.sh; SEEDS: stacks for each pattern and noise, 2

CLEMREG_CELLS names a folder with images/ and labels/ (same names); of it every other image is taken, beginning with the first.
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
SETTINGS = {
    'each box alone': ['--link-sections', 'none', '--set', 'merge_fields=false'],
    'as_given': [],
    'all_cells': ['--coverage', 'all_cells'],
}


def clemreg(*args):
    done = subprocess.run([os.path.join(ROOT, 'scripts', 'clemreg'), *args], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(args)}: {done.stderr}")


def measure(image, truth, folder):
    """Setting to (true pixels, those inside, imaged pixels, all pixels)."""
    found = f'{folder}/found'
    clemreg('detect-cells', '--image', image, '--out', found, '--set', 'cell_score=0.1')
    sums = {}
    for name, options in SETTINGS.items():
        fields, judged = f'{folder}/{name}-fields', f'{folder}/{name}-judged'
        clemreg('export-fields', '--boxes', f'{found}/boxes.csv', '--image', image, '--pixel-size', '0.178', '--out', fields, *options)
        clemreg('evaluate-detection', '--detected', f'{found}/boxes.csv', '--truth', truth, '--fields', f'{fields}/fields.csv', '--image', image, '--out', judged)
        report = json.load(open(f'{judged}/report.json'))['fields']
        whole = report['imaged_pixels'] / report['imaged_share']
        sums[name] = (report['true_pixels'], report['covered_share'] * report['true_pixels'], report['imaged_pixels'], whole)
    return sums


def table(name, cases):
    for setting in SETTINGS:
        true, inside, imaged, whole = (sum(c[setting][i] for c in cases) for i in range(4))
        print(f'| {name} | {setting} | {100 * inside / true:.2f} % | {100 * imaged / whole:.1f} % | {100 * true / whole:.1f} % |', flush=True)


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print('| sections | setting | true area inside | imaged | true area |\n|---|---|---|---|---|')
    with tempfile.TemporaryDirectory() as work:
        for pattern in ('cytoplasmic', 'nuclear', 'punctate'):
            for noise in (20, 40, 60):
                cases = []
                for seed in range(1, seeds + 1):
                    at = f'{work}/{pattern}-{noise}-{seed}'
                    clemreg('simulate', '--kind', 'cells', '--pattern', pattern, '--noise', str(noise), '--seed', str(seed), '--sections', '12', '--out', at)
                    cases.append(measure(f'{at}/sections.tif', f'{at}/labels.tif', at))
                table(f'{pattern}, noise {noise}', cases)
        if folder := os.environ.get('CLEMREG_CELLS'):
            names = sorted(os.listdir(f'{folder}/images'))[::2]
            table(f'{len(names)} images', [measure(f'{folder}/images/{n}', f'{folder}/labels/{n}', f'{work}/{n}') for n in names])


main()
