#!/usr/bin/python3
"""Our binding of ONNX Runtime (NativeAOT) beside onnxruntime-node, which has the same library: outputs and time per run.

    model_side_by_side.py [--threads 2] [--runs 10] [--rounds 3] [MODEL.onnx=SHAPE ...]

Needs Node, npm and the .NET SDK. Without models: those of ../shared/data/models (CLEMREG_SHARED names another folder than ../shared). A
shape is as 1x1x512x512. Prints a Markdown table: the least median over the rounds, which alternate, so that a slow moment of the machine
meets all; and the largest difference of the outputs. Node runs twice: with our setting (threads that wait do not spin) and with its own.
"""
import argparse
import json
import os
import subprocess
import tempfile

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
    ap.add_argument('--runs', type=int, default=10)
    ap.add_argument('--rounds', type=int, default=3)
    a = ap.parse_args()
    library = os.path.join(ROOT, 'build', 'onnxruntime', 'linux64', 'libonnxruntime.so.1')
    subprocess.run([os.path.join(ROOT, 'scripts', 'fetch-onnxruntime.sh')], check=True)
    cases = [tuple(m.rsplit('=', 1)) for m in a.models] or \
        [(os.path.join(SHARED, 'data', 'models', name), shape) for name, shapes in MODELS.items() for shape in shapes]
    print(f'load at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {a.threads} threads\n')
    print('| model | input | ours, ms | node, ms | ours / node | node as it comes, ms | ours / that | load ours / node, ms | largest difference |\n|' + '---|' * 9)
    with tempfile.TemporaryDirectory() as folder:
        ours = os.path.join(folder, 'ours')
        subprocess.run(['dotnet', 'publish', os.path.join(HERE, 'ModelTimes'), '-c', 'Release', '-v', 'q', '-o', ours], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(['npm', 'install', '--ignore-scripts', '--no-save', '--silent', '--prefix', folder, f'onnxruntime-node@{VERSION}'], check=True)
        node = dict(os.environ, NODE_PATH=os.path.join(folder, 'node_modules'))
        for model, shape in cases:
            values = np.random.default_rng(5).normal(size=[int(n) for n in shape.split('x')]).astype('<f4')
            given, ends = os.path.join(folder, 'input.raw'), [os.path.join(folder, f'{k}.raw') for k in range(3)]
            values.tofile(given)
            common = [model, given, shape, str(a.threads), str(a.runs)]
            script = ['node', os.path.join(HERE, 'model_times.js'), *common]
            commands = ([os.path.join(ours, 'ModelTimes'), library, *common, ends[0]], [*script, ends[1], '0'], [*script, ends[2], '1'])
            least, loads = [float('inf')] * 3, [float('inf')] * 3
            for _ in range(a.rounds):
                for k, command in enumerate(commands):
                    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=node).stdout)
                    least[k] = min(least[k], 1000 * float(np.median(told['runs'])))
                    loads[k] = min(loads[k], 1000 * told['load'])
            difference = np.abs(np.fromfile(ends[0], '<f4') - np.fromfile(ends[1], '<f4')).max()
            print(f'| {os.path.basename(model)} | {shape} | {least[0]:.1f} | {least[1]:.1f} | {least[0] / least[1]:.2f} | {least[2]:.1f} | '
                  f'{least[0] / least[2]:.2f} | {loads[0]:.0f} / {loads[1]:.0f} | {difference:.1e} |', flush=True)


if __name__ == '__main__':
    main()
