#!/usr/bin/python3
"""Each stage with the JIT (of the newest .NET here) against the same code compiled with NativeAOT, on one case, in one run.

    jit_against_aot.py --moving fm.tif --fixed-mask em_mask.tif [--runs 3]

Prints a Markdown table of the least seconds per stage and their ratio. The case must have the voxel sizes of make_clem_case.py
(fluorescence 130 x 35.3 nm, mask 20 nm); they do not change the speed.
"""
import argparse
import json
import os
import subprocess
import tempfile

import tifffile

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--moving', required=True)
    ap.add_argument('--fixed-mask', required=True)
    ap.add_argument('--runs', type=int, default=3)
    a = ap.parse_args()
    project = os.path.join(HERE, 'StageTimes')
    with tempfile.TemporaryDirectory() as folder:
        aot, jit = os.path.join(folder, 'aot'), os.path.join(folder, 'jit')
        subprocess.run(['dotnet', 'publish', project, '-c', 'Release', '-v', 'q', '-o', aot], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(['dotnet', 'build', project, '-c', 'Release', '-v', 'q', '-o', jit], check=True, stdout=subprocess.DEVNULL)
        fm, mask = tifffile.imread(a.moving).astype('<u2'), tifffile.imread(a.fixed_mask).astype('u1')
        files = [os.path.join(folder, n) for n in ('fm.raw', 'mask.raw')]
        fm.tofile(files[0])
        mask.tofile(files[1])
        args = [files[0], *map(str, fm.shape), files[1], *map(str, mask.shape)]
        least = {}
        for _ in range(a.runs):  # in turn, so that a slow moment of the machine meets both
            for name, command in (('JIT', ['dotnet', os.path.join(jit, 'StageTimes.dll')]), ('NativeAOT', [os.path.join(aot, 'StageTimes')])):
                times = json.loads(subprocess.run([*command, *args, '2'], check=True, capture_output=True, text=True).stdout)
                for stage, seconds in times.items():
                    key = (name, stage)
                    least[key] = min(seconds, least.get(key, float('inf')))
    print('| stage | JIT, s | NativeAOT, s | NativeAOT / JIT |\n|---|---|---|---|')
    for stage in sorted({s for _, s in least}):
        j, n = least['JIT', stage], least['NativeAOT', stage]
        print(f'| {stage} | {j:.2f} | {n:.2f} | {n / j:.2f} |')


if __name__ == '__main__':
    main()
