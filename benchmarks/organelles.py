#!/usr/bin/env python3
"""Mitochondria of real EM from boxes, beside a network's mask: the paper's composition beside ours.

    python3 benchmarks/organelles.py [--data ../shared/data] [--work FOLDER]

The ten sections of vnc with the experts' mitochondria. Their pieces in each section, and what touches by faces from section to section, are the truth; each piece's box is a box. Then the same with jitter (each side
by 5 % of the box, one standard deviation), a tenth of the boxes missing and a tenth there twice (seeds 0 to 4, means). Every row is a run of scripts/clemreg; what is in the work folder is used again. Columns: intersection over union of all pixels with the
truth; objects; precision, recall and F1 of objects of which each overlaps one of the truth by IoU 0.5 and 0.25; objects of the truth that fell into several (2 or more of them with a fifth each), and objects that hold several.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from scipy import ndimage as ndi
from skimage import io, measure

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEAST = 100  # pixels of a piece


def load(data):
    def stack(kind):
        folder = os.path.join(data, 'vnc', kind)
        return np.stack([io.imread(os.path.join(folder, f)) for f in sorted(os.listdir(folder))])
    return stack('raw'), stack('mitochondria') > 127


def pieces(truth):
    """Labels in three dimensions without pieces of a few pixels, and of each section the boxes of its pieces."""
    kept = np.zeros(truth.shape, bool)
    boxes = []
    for z, section in enumerate(truth):
        own = measure.label(section, connectivity=2)
        for region in measure.regionprops(own):
            if region.area < LEAST:
                continue
            kept[z][own == region.label] = True
            y0, x0, y1, x1 = region.bbox
            boxes.append((z, x0, y0, x1 - x0, y1 - y0))
    return ndi.label(kept)[0], boxes


def spoiled(boxes, seed, shape):
    rng = np.random.default_rng(seed)
    out = []
    for z, x, y, w, h in boxes:
        if rng.random() < 0.1:
            continue
        for _ in range(2 if rng.random() < 0.1 else 1):
            left, right, top, bottom = rng.normal(0, 0.05, 4) * (w, w, h, h)
            x0, y0 = max(0, x + left), max(0, y + top)
            x1, y1 = min(shape[2], x + w + right), min(shape[1], y + h + bottom)
            if x1 - x0 > 2 and y1 - y0 > 2:
                out.append((z, x0, y0, x1 - x0, y1 - y0))
    return out


def write_boxes(path, boxes):
    with open(path, 'w') as f:
        f.write('slice,name,x,y,width,height,score\n')
        for z, x, y, w, h in boxes:
            f.write(f'{z + 1},mitochondria,{x:.2f},{y:.2f},{w:.2f},{h:.2f},1\n')


def score(truth, found):
    """IoU of pixels; objects; precision, recall, F1 at 0.5 and 0.25; split; merged."""
    foreground = ((truth > 0) & (found > 0)).sum() / ((truth > 0) | (found > 0)).sum()
    t, f = truth.ravel(), np.unique(found, return_inverse=True)[1] + (0 if (found == 0).any() else 1)
    joint = np.zeros((t.max() + 1, f.max() + 1), np.int64)
    np.add.at(joint, (t, f), 1)
    of_truth, of_found = joint.sum(1)[1:], joint.sum(0)[1:]
    shared = joint[1:, 1:]
    iou = shared / np.maximum(1, of_truth[:, None] + of_found[None] - shared)
    figures = [foreground, len(of_found)]
    for least in (0.5, 0.25):
        pairs = sorted(((iou[i, k], i, k) for i, k in zip(*np.nonzero(iou >= least))), reverse=True)
        taken_t, taken_f = set(), set()
        for _, i, k in pairs:
            if i not in taken_t and k not in taken_f:
                taken_t.add(i)
                taken_f.add(k)
        tp = len(taken_t)
        figures += [tp / max(1, len(of_found)), tp / len(of_truth), 2 * tp / (len(of_truth) + len(of_found))]
    figures += [int(((shared >= 0.2 * of_truth[:, None]).sum(1) > 1).sum()), int(((shared >= 0.2 * of_truth[:, None]).sum(0) > 1).sum())]
    return np.array(figures, float)


def clemreg(*arguments):
    subprocess.run([os.path.join(ROOT, 'scripts', 'clemreg'), *arguments], check=True, stdout=subprocess.DEVNULL)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--data', default=os.path.join(ROOT, '..', 'shared', 'data'))
    options.add_argument('--work', default=None)
    given = options.parse_args()
    work = given.work or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    em, mask = load(given.data)
    truth, boxes = pieces(mask)
    image = os.path.join(work, 'em.tif')
    tifffile.imwrite(image, em, imagej=True, resolution=(1 / 4.6e-3,) * 2, metadata={'spacing': 0.05, 'unit': 'um', 'axes': 'ZYX'})
    print(f'{truth.max()} objects, {len(boxes)} boxes', file=sys.stderr)

    def run(name, table, *arguments):
        out = os.path.join(work, name)
        csv_file = os.path.join(work, name + '.csv')
        write_boxes(csv_file, table)
        if not os.path.exists(os.path.join(out, 'labels.tif')):
            clemreg('segment-organelles', '--image', image, '--boxes', csv_file, '--out', out, *arguments)
        return score(truth, tifffile.imread(os.path.join(out, 'labels.tif')).astype(int))

    rows = []
    paper_recipe = os.path.join(work, 'paper.json')
    with open(paper_recipe, 'w') as f:
        json.dump({'unit': 'px', 'recipes': {'mitochondria': {'polarity': 'dark', 'blur': 1, 'erode': 1, 'dilate': 1}}}, f)
    reaching_recipe = os.path.join(work, 'reach.json')
    with open(reaching_recipe, 'w') as f:
        json.dump({'recipes': {'mitochondria': {'polarity': 'dark', 'margin': 50, 'blur': 8, 'erode': 5, 'dilate': 5, 'fill_holes': True, 'reach': 0.75}}}, f)
    for label, table in (('true boxes', [boxes]), ('spoiled boxes', [spoiled(boxes, seed, em.shape) for seed in range(5)])):
        for recipe, extra in (('paper', ['--recipes', paper_recipe]), ('ours', []), ('ours with reach 0.75', ['--recipes', reaching_recipe]), ('ellipse', ['--recipe', 'ellipse'])):
            for composition in ('paper', 'linked'):
                figures = np.mean([run(f'{label.split()[0]}-{recipe.replace(" ", "-")}-{composition}-{i}', t, '--composition', composition, *extra) for i, t in enumerate(table)], axis=0)
                rows.append((f'{label}, recipe {recipe}, {composition}', figures))
        figures = np.mean([run(f'{label.split()[0]}-split-{i}', t, '--bridges', 'split') for i, t in enumerate(table)], axis=0)
        rows.append((f'{label}, recipe ours, linked, bridges split', figures))
    network = os.path.join(given.data, 'models', 'damitoseg_rsunet2d_h2f.onnx')
    if os.path.exists(network):
        model = os.path.join(work, 'model.onnx')
        with open(network, 'rb') as a, open(model, 'wb') as b:
            b.write(a.read())
        with open(os.path.join(work, 'model.json'), 'w') as f:
            json.dump({'name': 'DA-MitoSeg', 'pixel_size_nm': 8}, f)
        if not os.path.exists(os.path.join(work, 'network', 'labels.tif')):
            clemreg('segment-em', '--image', image, '--model', model, '--out', os.path.join(work, 'network'))
        rows.append(('the network, segment-em', score(truth, tifffile.imread(os.path.join(work, 'network', 'labels.tif')).astype(int))))
        rows.append(('its mask in true boxes, linked', run('labels', boxes, '--segmentation', os.path.join(work, 'network', 'labels.tif'), '--recipe', 'labels')))
    print('| | IoU | objects | precision | recall | F1 at 0.5 | precision | recall | F1 at 0.25 | split | merged |\n|' + '---|' * 11)
    for name, v in rows:
        print(f'| {name} | {v[0]:.3f} | {v[1]:.4g} | ' + ' | '.join(f'{f:.2f}' for f in v[2:8]) + f' | {v[8]:.3g} | {v[9]:.3g} |')


if __name__ == '__main__':
    main()
