#!/usr/bin/env python3
"""How long register takes to end after Ctrl-C, at moments spread over a whole run.

    cancel_latency.py --moving CASE/fm.tif --fixed-mask em_mask.tif [--fixed-spacing 20,20] [--trials 12] [--set key=value]...

The time includes the end of the Java process. Prints each and the largest.
"""
import argparse
import os
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--moving', required=True)
    parser.add_argument('--fixed-mask', required=True)
    parser.add_argument('--fixed-spacing', default='20,20')
    parser.add_argument('--trials', type=int, default=12)
    parser.add_argument('--set', action='append', default=[])
    a = parser.parse_args()
    out = os.path.join(tempfile.mkdtemp(), 'out')
    command = [os.path.join(HERE, '..', 'scripts', 'clemreg'), 'register', '--moving', a.moving, '--fixed-mask', a.fixed_mask,
               '--fixed-spacing', a.fixed_spacing, '--out', out] + [x for s in a.set for x in ('--set', s)]
    start = time.time()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    whole = time.time() - start
    shutil.rmtree(out)
    print(f'whole run {whole:.1f} s')
    times = []
    for i in range(a.trials):
        delay = 0.7 + (whole - 1.2) * i / max(1, a.trials - 1)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        time.sleep(delay)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        code = process.wait()
        took = time.time() - sent
        left = os.path.exists(out) or any(n.startswith('.') for n in os.listdir(os.path.dirname(out)))
        print(f'after {delay:5.2f} s: exit {code} in {1000 * took:4.0f} ms{", LEFT FILES" if left and code == 3 else ""}')
        if code == 3:
            times.append(took)
        shutil.rmtree(out, ignore_errors=True)
    if times:
        print(f'largest {1000 * max(times):.0f} ms of {len(times)}')


if __name__ == '__main__':
    main()
