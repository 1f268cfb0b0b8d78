#!/usr/bin/env python3
"""Golden arrays of MitoNet's parts: PointRend and bilinear resampling by PyTorch 1.13, assignments by SciPy 1.10.

  python3 tests/golden-scripts/mitochondria.py

Writes tests/ClemReg.Algorithms.Tests/golden/mitochondria/: pointrend_N.bin, bilinear.bin and assignments.bin, each a list of
little-endian float64 numbers (what is in it stands beside the code that writes it).
"""
import os
import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'mitochondria')
os.makedirs(OUT, exist_ok=True)


def write(name, *parts):
    np.concatenate([np.ravel(np.asarray(p, dtype='<f8')) for p in parts]).tofile(os.path.join(OUT, name))


def pointrend(name, height, width, channels, hidden, steps, points, seed):
    """Numbers: height, width, channels, hidden, steps, points; coarse; features; weights and biases of two layers and the predictor; result."""
    g = torch.Generator().manual_seed(seed)
    coarse = F.interpolate(torch.randn(1, 1, height // 3, width // 3, generator=g) * 3, size=(height, width), mode='bilinear', align_corners=False)
    coarse = coarse + 0.1 * torch.randn(1, 1, height, width, generator=g)
    features = torch.randn(1, channels, height, width, generator=g)
    sizes = [(hidden, channels + 1), (hidden, hidden + 1), (1, hidden + 1)]
    layers = [(torch.randn(o, i, generator=g) / i ** 0.5, torch.randn(o, generator=g)) for o, i in sizes]

    logits = coarse
    for _ in range(steps):
        logits = F.interpolate(logits, scale_factor=2, mode='bilinear', align_corners=False)
        h, w = logits.shape[2:]
        k = min(points, h * w)
        _, index = torch.topk(-logits.abs().view(-1), k)
        x = (index % w + 0.5) / w
        y = (torch.div(index, w, rounding_mode='floor') + 0.5) / h
        grid = (2 * torch.stack([x, y], dim=-1) - 1)[None, :, None]
        c = F.grid_sample(coarse, grid, align_corners=False)[0, :, :, 0]
        v = F.grid_sample(features, grid, align_corners=False)[0, :, :, 0]
        for n, (weight, bias) in enumerate(layers):
            v = weight @ torch.cat([v, c]) + bias[:, None]
            if n < len(layers) - 1:
                v = torch.relu(v)
        logits = logits.view(-1).scatter(0, index, v[0]).view(1, 1, h, w)
    write(name, [height, width, channels, hidden, steps, points], coarse, features, *[t for layer in layers for t in layer], logits)


def bilinear():
    """For each case: source height and width, result height and width, whether corners are aligned; source; result."""
    g = torch.Generator().manual_seed(5)
    parts = []
    for source, to, corners in [((5, 7), (20, 28), True), ((5, 7), (10, 14), False), ((9, 7), (5, 4), False), ((8, 6), (4, 3), False), ((13, 22), (4, 6), False),
                                ((1, 1), (4, 4), True), ((1, 3), (2, 6), False)]:
        picture = torch.randn(1, 1, *source, generator=g)
        result = F.interpolate(picture, size=to, mode='bilinear', align_corners=corners)
        parts += [[*source, *to, corners], picture, result]
    write('bilinear.bin', *parts)


def assignments():
    """For each case: rows, columns; weights; the column of each row, or -1. Sizes and overlaps are small, so that ties are frequent."""
    rng = np.random.default_rng(0)
    parts = []
    for case in range(300):
        n, m = rng.integers(1, 8, 2)
        shared = np.where(rng.random((n, m)) < 0.4, rng.integers(1, 4, (n, m)), 0)
        a = np.maximum(shared.sum(1) + rng.integers(0, 3, n), 1)
        b = np.maximum(shared.sum(0) + rng.integers(0, 3, m), 1)
        weights = shared / (a[:, None] + b[None] - shared)
        rows, columns = linear_sum_assignment(weights, maximize=True)
        of = np.full(n, -1)
        of[rows] = columns
        parts += [[n, m], weights, of]
    write('assignments.bin', *parts)


torch.set_num_threads(1)
pointrend('pointrend_0.bin', 13, 18, 6, 5, 2, 300, 1)
pointrend('pointrend_1.bin', 6, 9, 3, 4, 2, 8192, 2)
pointrend('pointrend_2.bin', 7, 6, 4, 3, 3, 150, 3)
bilinear()
assignments()
