#!/usr/bin/python3
"""Our binding of ONNX Runtime (NativeAOT) beside onnxruntime-node, which has the same library: outputs and time per run.

    model_side_by_side.py [--threads 2] [--runs 4] [--rounds 15] [--ours ModelTimes] [MODEL.onnx=SHAPE ...]

Needs Node, npm and the .NET SDK. Without models: those of ../shared/data/models (CLEMREG_SHARED names another folder than ../shared). A
shape is as 1x1x512x512. So that what else the machine does meets both alike, they take short turns, each beginning every other round; a
round gives one ratio of their medians of a few runs, of the wall's clock and of the processors' (user and system), and the table the median
of those ratios with the interval that holds it with 95 % (order statistics). Node waits for its threads as we do, without spinning.
"""
import argparse
import json
import os
import subprocess
import tempfile
from math import comb

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SHARED = os.environ.get('CLEMREG_SHARED', os.path.join(ROOT, '..', 'shared'))
VERSION = '1.30.0'
MODELS = {'damitoseg_rsunet2d_h2f.onnx': ('1x1x512x512', '1x1x1024x1024'), 'yolox_nano.onnx': ('1x3x416x416',), 'yolov8n_quant.onnx': ('1x3x640x640',)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('models', nargs='*', metavar='MODEL.onnx=SHAPE')
    ap.add_argument('--threads', type=int, default=2)
    ap.add_argument('--runs', type=int, default=4)
    ap.add_argument('--rounds', type=int, default=15)
    ap.add_argument('--ours', help='a ModelTimes that is built already; else it is published here')
    a = ap.parse_args()
    library = os.path.join(ROOT, 'build', 'onnxruntime', 'linux64', 'libonnxruntime.so.1')
    subprocess.run([os.path.join(ROOT, 'scripts', 'fetch-onnxruntime.sh')], check=True)
    cases = [tuple(m.rsplit('=', 1)) for m in a.models] or \
        [(os.path.join(SHARED, 'data', 'models', name), shape) for name, shapes in MODELS.items() for shape in shapes]
    print(f'load at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {a.threads} threads\n')
    print('| model | input | ours / node, wall | interval | ours / node, processors | interval | ours, CPU s a run | load ours / node, ms | largest difference |\n|' + '---|' * 9)
    with tempfile.TemporaryDirectory() as folder:
        ours = a.ours or os.path.join(folder, 'ModelTimes')
        if not a.ours:
            subprocess.run(['dotnet', 'publish', os.path.join(HERE, 'ModelTimes'), '-c', 'Release', '-v', 'q', '-o', folder], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(['npm', 'install', '--ignore-scripts', '--no-save', '--silent', '--prefix', folder, f'onnxruntime-node@{VERSION}'], check=True)
        node = dict(os.environ, NODE_PATH=os.path.join(folder, 'node_modules'))
        for model, shape in cases:
            values = np.random.default_rng(5).normal(size=[int(n) for n in shape.split('x')]).astype('<f4')
            given, ends = os.path.join(folder, 'input.raw'), [os.path.join(folder, f'{k}.raw') for k in range(2)]
            values.tofile(given)
            common = [model, given, shape, str(a.threads), str(a.runs)]
            commands = ([ours, library, *common, ends[0]], ['node', os.path.join(HERE, 'model_times.js'), *common, ends[1], '0'])
            wall, cpu, loads, own = [], [], [[], []], []
            for turn in range(a.rounds):
                told = {}
                for k in ((0, 1), (1, 0))[turn % 2]:
                    told[k] = json.loads(subprocess.run(commands[k], check=True, capture_output=True, text=True, env=node).stdout)
                    loads[k].append(1000 * told[k]['load'])
                wall.append(np.median(told[0]['runs']) / np.median(told[1]['runs']))
                cpu.append(np.median(told[0]['cpu']) / np.median(told[1]['cpu']))
                own.append(np.median(told[0]['cpu']))
            difference = np.abs(np.fromfile(ends[0], '<f4') - np.fromfile(ends[1], '<f4')).max()
            print(f'| {os.path.basename(model)} | {shape} | {told_of(wall)} | {told_of(cpu)} | {np.median(own):.3f} | {min(loads[0]):.0f} / {min(loads[1]):.0f} | {difference:.1e} |', flush=True)


def told_of(ratios):
    """The median, and the two order statistics between which it lies with 95 %: as many heads as tails of a coin."""
    ratios, n = sorted(ratios), len(ratios)
    below = max((k for k in range(n // 2) if sum(comb(n, i) for i in range(k + 1)) / 2 ** n <= 0.025), default=-1)
    ends = f'{ratios[below]:.2f} to {ratios[n - 1 - below]:.2f}' if below >= 0 else 'too few rounds'
    return f'{np.median(ratios):.3f} | {ends}'


if __name__ == '__main__':
    main()
