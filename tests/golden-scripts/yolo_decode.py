#!/usr/bin/env python3
"""Boxes of a network's raw output, decoded with NumPy: a second opinion for the tests on real networks.

    yolo_decode.py yolox|yolov8 RAW.f32 SHAPE HEIGHT WIDTH THRESHOLD    # prints x1 y1 x2 y2 score class, a line a candidate
"""
import sys

import numpy as np


def main(kind, file, shape, height, width, threshold):
    raw = np.fromfile(file, '<f4').reshape([int(s) for s in shape.split(',')])[0].astype('f8')
    height, width, threshold = int(height), int(width), float(threshold)
    if kind == 'yolov8':
        centre, sides, scores = raw[:2].T, raw[2:4].T, raw[4:].T
    else:
        grids = [(np.stack(np.meshgrid(np.arange(width // s), np.arange(height // s)), -1).reshape(-1, 2), s) for s in (8, 16, 32)]
        cells = np.concatenate([g for g, s in grids])
        strides = np.concatenate([np.full(len(g), s) for g, s in grids])[:, None]
        centre, sides = (raw[:, :2] + cells) * strides, np.exp(raw[:, 2:4]) * strides
        scores = raw[:, 4:5] * raw[:, 5:]
    best = scores.argmax(1)
    score = scores.max(1)
    corners = np.concatenate([centre - sides / 2, centre + sides / 2], 1)
    for i in np.nonzero(score >= threshold)[0]:
        print(*('%.9g' % v for v in corners[i]), '%.9g' % score[i], best[i])


main(*sys.argv[1:])
