#!/usr/bin/env python3
"""A small Darknet network with every layer that convert_model knows, random weights, and what PyTorch computes of it; raw outputs of every
YOLO layout and the boxes that NumPy decodes of them.

    yolo.py               # writes tests/ClemReg.Algorithms.Tests/golden/yolo

Decoding is written from the papers' and programs' formulas, one box at a time. Made with PyTorch 1.13, NumPy 1.24.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'yolo')

CFG = """[net]
# a small one
width=96
height=64
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=mish

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[route]
layers=-1
groups=2
group_id=1

[convolutional]
batch_normalize=1
filters=4
size=3
stride=1
pad=1
groups=2
activation=swish

[route]
layers = -1,-3

[maxpool]
size=2
stride=2

[convolutional]
filters=8
size=1
stride=1
pad=1
activation=relu

[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=linear

[shortcut]
from=-2
activation=leaky

[maxpool]
stride=1
size=5

[route]
layers=-1,-2

[maxpool]
size=2
stride=1

[convolutional]
size=1
stride=1
pad=1
filters=14
activation=linear

[yolo]
mask = 1,2
anchors = 6,5,  14,17,  40,30
classes=2
num=3
scale_x_y = 1.05

[route]
layers = -4

[convolutional]
batch_normalize=1
filters=6
size=3
stride=1
padding=1
activation=logistic

[upsample]
stride=2

[convolutional]
size=1
stride=1
pad=1
filters=7
activation=logistic

[yolo]
mask = 0
anchors = 6,5,  14,17,  40,30
classes=2
num=3
scale_x_y = 2
new_coords=1
"""


def sections(text):
    found = []
    for line in text.splitlines():
        line = line.split('#')[0].strip()
        if line.startswith('['):
            found.append((line[1:-1], {}))
        elif line:
            key, value = line.split('=')
            found[-1][1][key.strip()] = value.strip()
    return found


ACTIVATIONS = {'linear': lambda x: x, 'leaky': lambda x: F.leaky_relu(x, 0.1), 'mish': lambda x: x * torch.tanh(F.softplus(x)),
               'logistic': torch.sigmoid, 'swish': lambda x: x * torch.sigmoid(x), 'relu': F.relu}


def darknet(rng):
    parts = sections(CFG)
    net = parts[0][1]
    width, height = int(net['width']), int(net['height'])
    image = rng.random((1, 3, height, width), dtype=np.float32)
    x = torch.from_numpy(image)
    outputs, stored, boxes, confs = [], [], [], []
    for kind, s in parts[1:]:
        if kind == 'convolutional':
            n, k, stride, groups = int(s['filters']), int(s['size']), int(s.get('stride', 1)), int(s.get('groups', 1))
            pad = k // 2 if s.get('pad') == '1' else int(s.get('padding', 0))
            bias = torch.from_numpy(rng.normal(0, 0.3, n).astype('f4'))
            weight = torch.from_numpy(rng.normal(0, 0.6 / k, (n, x.shape[1] // groups, k, k)).astype('f4'))
            stored.append(bias)
            if s.get('batch_normalize') == '1':
                scale, mean, variance = (torch.from_numpy(v.astype('f4')) for v in (rng.uniform(0.5, 1.5, n), rng.normal(0, 0.2, n), rng.uniform(0.3, 2, n)))
                stored += [scale, mean, variance]
                x = F.conv2d(x, weight, None, stride, pad, 1, groups)
                x = F.batch_norm(x, mean, variance, scale, bias, eps=1e-5)
            else:
                x = F.conv2d(x, weight, bias, stride, pad, 1, groups)
            stored.append(weight)
            x = ACTIVATIONS[s['activation']](x)
        elif kind == 'route':
            groups, part = int(s.get('groups', 1)), int(s.get('group_id', 0))
            x = torch.cat([torch.chunk(outputs[int(i)], groups, 1)[part] for i in s['layers'].split(',')], 1)
        elif kind == 'shortcut':
            x = ACTIVATIONS[s['activation']](x + outputs[int(s['from'])])
        elif kind == 'maxpool':
            k, stride = int(s['size']), int(s['stride'])
            before = (k - 1) // 2
            x = F.max_pool2d(F.pad(x, (before, k - 1 - before, before, k - 1 - before), value=-np.inf), k, stride)
        elif kind == 'upsample':
            x = F.interpolate(x, scale_factor=int(s['stride']), mode='nearest')
        elif kind == 'yolo':
            anchors = np.array(s['anchors'].split(','), float).reshape(-1, 2)
            mask, classes = [int(m) for m in s['mask'].split(',')], int(s['classes'])
            b, c = heads(x[0].numpy().astype('f8'), anchors[mask], classes, float(s['scale_x_y']), s.get('new_coords') == '1', width, height)
            boxes.append(b)
            confs.append(c)
        outputs.append(x)
    with open(os.path.join(GOLDEN, 'small.weights'), 'wb') as file:
        file.write(struct.pack('<iiiQ', 0, 2, 5, 1234567))
        for values in stored:
            file.write(values.numpy().astype('<f4').tobytes())
    with open(os.path.join(GOLDEN, 'small.cfg'), 'w') as file:
        file.write(CFG)
    with open(os.path.join(GOLDEN, 'small.names'), 'w') as file:
        file.write("mito\nGolgi's stack\n")
    image.tofile(os.path.join(GOLDEN, 'small_image.f32'))
    np.concatenate(boxes).astype('<f4').tofile(os.path.join(GOLDEN, 'small_boxes.f32'))
    np.concatenate(confs).astype('<f4').tofile(os.path.join(GOLDEN, 'small_confs.f32'))


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def heads(x, anchors, classes, s, new, width, height):
    """Corners (0 to 1) and scores of a Darknet head, anchor by anchor, row by row."""
    h, w = x.shape[1:]
    boxes, confs = [], []
    f = (lambda v: v) if new else sigmoid
    for k, (aw, ah) in enumerate(anchors):
        for j in range(h):
            for i in range(w):
                t = x[k * (5 + classes):(k + 1) * (5 + classes), j, i]
                cx, cy = (f(t[0]) * s - (s - 1) / 2 + i) / w, (f(t[1]) * s - (s - 1) / 2 + j) / h
                bw, bh = ((2 * t[2]) ** 2 * aw / width, (2 * t[3]) ** 2 * ah / height) if new else (np.exp(t[2]) * aw / width, np.exp(t[3]) * ah / height)
                boxes.append((cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2))
                confs.append(f(t[4]) * f(t[5:]))
    return np.array(boxes), np.array(confs)


YOLOV3 = {32: [(116, 90), (156, 198), (373, 326)], 16: [(30, 61), (62, 45), (59, 119)], 8: [(10, 13), (16, 30), (33, 23)]}
YOLOV4 = {8: [(12, 16), (19, 36), (40, 28)], 16: [(36, 75), (76, 55), (72, 146)], 32: [(142, 110), (192, 243), (459, 401)]}
STRETCH4 = {8: 1.2, 16: 1.1, 32: 1.05}


def best(rows):
    """x1 y1 x2 y2 score class of the candidates from 0.3 on."""
    return [(x1, y1, x2, y2, max(p), int(np.argmax(p))) for x1, y1, x2, y2, p in rows if max(p) >= 0.3]


def centred(cx, cy, w, h, p):
    return cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, p


def layouts(rng):
    """Every layout for an input of 64 rows and 96 columns and 3 classes."""
    height, width, classes = 64, 96, 3
    cases = {}

    def add(name, outputs, rows, card=None):
        for i, output in enumerate(outputs):
            output.astype('<f4').tofile(os.path.join(GOLDEN, f'{name}_{i}.f32'))
        cases[name] = {'shapes': [list(o.shape) for o in outputs], 'card': card or {}, 'boxes': best(rows)}

    def narrow(a):
        return a.astype('<f4').astype('f8')

    for name, anchors, stretch in (('yolov3', YOLOV3, dict.fromkeys(YOLOV3, 1)), ('yolov4', YOLOV4, STRETCH4)):
        outputs, rows = [], []
        for stride in anchors:
            x = narrow(rng.normal(-0.5, 1, (1, 3 * (5 + classes), height // stride, width // stride)))
            b, c = heads(x[0], anchors[stride], classes, stretch[stride], False, width, height)
            rows += [(x1 * width, y1 * height, x2 * width, y2 * height, p) for (x1, y1, x2, y2), p in zip(b, c)]
            outputs.append(x)
        add(name + '_heads', outputs, rows, {'anchors': name})
    n = 3 * sum((height // s) * (width // s) for s in (8, 16, 32))
    corners, confs = narrow(rng.random((1, n, 1, 4))), narrow(rng.random((1, n, classes)) ** 6)
    add('yolov4_export', [corners, confs], [(a * width, b * height, c * width, d * height, p) for (a, b, c, d), p in zip(corners[0, :, 0], confs[0])])
    x = narrow(rng.random((1, n, 5 + classes)))
    x[..., :4] = narrow(x[..., :4] * 60)
    add('yolov5', [x], [centred(*r[:4], r[4] * r[5:]) for r in x[0]])
    outputs, rows = [], []
    for stride in (8, 16, 32):
        h, w = height // stride, width // stride
        t = narrow(rng.normal(-0.5, 1, (1, 3, h, w, 5 + classes)))
        for k in range(3):
            aw, ah = YOLOV3[stride][k]
            for j in range(h):
                for i in range(w):
                    s = sigmoid(t[0, k, j, i])
                    rows.append(centred((2 * s[0] - 0.5 + i) * stride, (2 * s[1] - 0.5 + j) * stride, (2 * s[2]) ** 2 * aw, (2 * s[3]) ** 2 * ah, s[4] * s[5:]))
        outputs.append(t)
    add('yolov5_heads', outputs, rows, {'anchors': 'yolov5'})
    m = n // 3
    x = narrow(rng.random((1, 4 + classes, m)) ** 3)
    x[:, :4] = narrow(x[:, :4] * 60)
    add('yolov11', [x], [centred(*r[:4], r[4:]) for r in x[0].T])
    x = narrow(rng.random((1, 300, 6)))
    x[..., :4] = narrow(x[..., :4] * 60)
    x[..., 5] = rng.integers(0, classes, (1, 300))
    one = [(*r[:5], int(r[5])) for r in x[0] if r[4] >= 0.3]
    add('yolov10', [x], [])
    cases['yolov10']['boxes'] = one
    x = narrow(rng.normal(0, 0.7, (1, m, 5 + classes)))
    x[..., 4:] = narrow(sigmoid(x[..., 4:]))
    rows, at = [], 0
    for stride in (8, 16, 32):
        for j in range(height // stride):
            for i in range(width // stride):
                r = x[0, at]
                rows.append(centred((r[0] + i) * stride, (r[1] + j) * stride, np.exp(r[2]) * stride, np.exp(r[3]) * stride, r[4] * r[5:]))
                at += 1
    add('yolox', [x], rows)
    with open(os.path.join(GOLDEN, 'layouts.json'), 'w') as file:
        json.dump(cases, file, indent=0)


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    rng = np.random.default_rng(5)
    with torch.no_grad():
        darknet(rng)
    layouts(rng)


main()
