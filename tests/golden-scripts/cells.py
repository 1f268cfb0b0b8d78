#!/usr/bin/env python3
"""Golden planes of the parts of cell detection: scikit-image, SciPy, and plain NumPy where neither has the operation.

    /usr/bin/python3 tests/golden-scripts/cells.py [PART...]     # writes tests/ClemReg.Algorithms.Tests/golden/cells

Each file is a list of planes: height, width (int32), height * width float32, little-endian, y, x with x fastest. Made with NumPy 1.24,
SciPy 1.10, scikit-image 0.19 (Debian 12).
"""
import os
import sys

import numpy as np
from scipy import ndimage as ndi

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ClemReg.Algorithms.Tests', 'golden', 'cells')


def write(name, *planes):
    with open(os.path.join(OUT, name + '.bin'), 'wb') as f:
        for p in planes:
            f.write(np.array(p.shape, '<i4').tobytes() + np.ascontiguousarray(p, '<f4').tobytes())
    print(name, [p.shape for p in planes])


def scene(n, seed):
    """Discs of any grey, some striped, on a slope: edges, flat parts and texture."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:n, :n].astype(float)
    image = 40 + 60 * x / n
    for _ in range(10):
        cy, cx, r, v = rng.uniform(0, n), rng.uniform(0, n), rng.uniform(0.06, 0.2) * n, rng.uniform(0, 255)
        disc = (y - cy) ** 2 + (x - cx) ** 2 < r * r
        image[disc] = v
        if rng.random() < 0.4:
            a, f = rng.uniform(0, np.pi), rng.uniform(0.1, 0.35)
            image[disc] += 30 * np.sign(np.sin(2 * np.pi * f * (np.cos(a) * x + np.sin(a) * y)))[disc]
    return np.clip(ndi.gaussian_filter(image, 0.6), 0, 255)


# --- BM3D as Dabov et al. (2007) write it down, block by block, in double precision

def spline_matrix():
    import pywt
    columns = [np.concatenate(pywt.wavedec(e, 'bior1.5', mode='periodization', level=3)) for e in np.eye(8)]
    m = np.array(columns).T
    return m / np.sqrt((m ** 2).sum(1, keepdims=True))


def cosine_matrix(n):
    from scipy.fft import dct
    return dct(np.eye(n), axis=0, norm='ortho')


def haar(group):
    """Along axis 0; the order of the coefficients does not matter."""
    if len(group) == 1:
        return group
    a, b = group[0::2], group[1::2]
    return np.concatenate([haar((a + b) / np.sqrt(2)), (a - b) / np.sqrt(2)])


def haar_back(group):
    if len(group) == 1:
        return group
    h = len(group) // 2
    s, d = haar_back(group[:h]), group[h:]
    result = np.empty_like(group)
    result[0::2], result[1::2] = (s + d) / np.sqrt(2), (s - d) / np.sqrt(2)
    return result


def bm3d_stage(noisy, guide, sigma, size, step, most, tau, lam):
    m = spline_matrix() if lam else cosine_matrix(size)
    inverse = np.linalg.inv(m)
    window = np.outer(np.kaiser(size, 2), np.kaiser(size, 2))
    places = [sorted(set(list(range(0, n - size, step)) + [n - size])) for n in noisy.shape]
    blocks = np.lib.stride_tricks.sliding_window_view(guide, (size, size))
    noisy_blocks = np.lib.stride_tricks.sliding_window_view(noisy, (size, size))
    total, weight = np.zeros_like(noisy), np.zeros_like(noisy)
    for y in places[0]:
        for x in places[1]:
            y0, x0 = max(0, y - 19), max(0, x - 19)
            near = blocks[y0:y + 20, x0:x + 20]
            d = ((near - blocks[y, x]) ** 2).mean((2, 3))
            d[y - y0, x - x0] = -1
            order = np.argsort(d.ravel(), kind='stable')[:most]
            order = order[d.ravel()[order] < tau]
            order = order[:2 ** int(np.log2(len(order)))]
            at = [(y0 + o // d.shape[1], x0 + o % d.shape[1]) for o in order]
            group = haar(np.array([m @ noisy_blocks[p] @ m.T for p in at]))
            if lam:
                keep = np.abs(group) > lam * sigma
                group, w = group * keep, 1 / max(1, keep.sum())
            else:
                truth = haar(np.array([m @ blocks[p] @ m.T for p in at])) ** 2
                share = truth / (truth + sigma ** 2)
                group, w = group * share, 1 / max(1, (share ** 2).sum())
            for (by, bx), block in zip(at, haar_back(group)):
                total[by:by + size, bx:bx + size] += w * window * (inverse @ block @ inverse.T)
                weight[by:by + size, bx:bx + size] += w * window
    return total / weight


def bm3d(noisy, sigma):
    low = noisy.min()
    noisy = noisy - low
    first, second = ((8, 3, 16, 3000, 2.7), (8, 3, 32, 400, 0)) if sigma <= 40 else ((8, 4, 32, 25000, 2.8), (11, 6, 32, 3500, 0))
    return bm3d_stage(noisy, bm3d_stage(noisy, noisy, sigma, *first), sigma, *second) + low


def psnr(a, b):
    return 10 * np.log10(255 ** 2 / np.mean((a - b) ** 2))


def part_bm3d():
    for sigma in (25, 50):
        clean = scene(61, sigma)[:53]
        noisy = (clean + np.random.default_rng(sigma).normal(0, sigma, clean.shape)).astype('f4')
        result = bm3d(noisy.astype(float), sigma)
        write(f'bm3d_{sigma}', noisy, result)
        print('  PSNR', psnr(noisy, clean), psnr(result, clean))
    write('spline15', spline_matrix())


def part_denoising():
    """What others reach at several noises: PSNR of the noisy scene, of the best Gaussian, of non-local means."""
    from skimage.restoration import denoise_nl_means
    clean = scene(96, 7)
    planes, rows = [clean], []
    for sigma in (10, 25, 40, 60):
        noisy = np.round(clean + np.random.default_rng(sigma).normal(0, sigma, clean.shape), 2).astype('f4')
        means = denoise_nl_means(noisy.astype(float), patch_size=5, patch_distance=11, h=0.6 * sigma, sigma=sigma, fast_mode=False)
        gauss = max(psnr(ndi.gaussian_filter(noisy.astype(float), g), clean) for g in np.arange(0.4, 4, 0.1))
        rows.append([sigma, psnr(noisy, clean), gauss, psnr(means, clean)])
        planes.append(noisy)
    write('denoising', np.array(rows), *planes)
    print(np.array(rows))


def part_noise():
    from skimage.restoration import estimate_sigma
    rng = np.random.default_rng(5)
    planes = []
    for shape in ((1, 1), (1, 9), (2, 3), (17, 8), (64, 61), (128, 96)):
        for scale in (1, 300):
            image = (scale * (ndi.gaussian_filter(rng.normal(0, 5, shape), 2) + rng.normal(0, 1, shape))).astype('f4')
            if scale == 300:
                image[image < 0] = 0
            planes += [image, np.nan_to_num([[estimate_sigma(image.astype(float))]])]
    write('noise', *planes)  # without any detail scikit-image's answer is NaN, ours 0


def part_clahe():
    """Per case: height and width of a tile (0: the default), clip limit, bins, bits; the image; the result."""
    from skimage.exposure import equalize_adapthist
    rng = np.random.default_rng(11)
    planes = []
    for shape, tile, clip, bins, bits in (
            ((96, 80), None, 0.01, 256, 8), ((61, 77), None, 0.01, 256, 16), ((61, 77), (9, 14), 0.03, 256, 16), ((50, 50), (50, 50), 0.2, 100, 32),
            ((37, 90), (64, 8), 0.005, 256, 32), ((13, 5), None, 0.5, 256, 8), ((1, 7), None, 0.01, 256, 16), ((40, 33), (7, 5), 1.0, 1000, 16)):
        image = ndi.gaussian_filter(rng.normal(0, 1, shape), 3) + 0.02 * rng.normal(0, 1, shape) + np.exp(-np.linspace(-2, 2, shape[1]) ** 2)
        image = (image - image.min()) / (image.max() - image.min())
        image = (np.round(image * 200) + 20).astype('u1') if bits == 8 else (image * 4000).astype('u2') if bits == 16 else image.astype('f4')
        result = equalize_adapthist(image, tile, clip, bins)
        planes += [np.array([[*(tile or (0, 0)), clip, bins, bits]]), image, result]
    write('clahe', *planes)


def relief(rng, kind, shape):
    if kind == 0:
        return rng.integers(0, 4, shape).astype('f4')
    if kind == 1:
        return np.round(20 * ndi.gaussian_filter(rng.normal(0, 1, shape), 1)).astype('f4')
    return ndi.gaussian_filter(rng.normal(0, 1, shape), 1).astype('f4')


def part_watershed():
    """Per case: connectivity (4, 8), lines (0, 1); the heights; the markers (none: all regional minima); the labels."""
    from skimage.segmentation import watershed
    rng = np.random.default_rng(3)
    planes = []
    for n in range(96):
        shape = tuple(rng.integers(1, 40, 2)) if n % 8 else (1, int(rng.integers(2, 40)))
        heights = relief(rng, n // 4 % 3, shape)
        connectivity, lines = 1 + n % 2, n // 2 % 2
        if n % 5 == 4 and heights.min() < heights.max():
            markers, given = np.zeros(shape), None
        else:
            spots = rng.random(shape) < rng.choice([0.01, 0.05, 0.2])
            spots[rng.integers(shape[0]), rng.integers(shape[1])] = True
            given = np.zeros(shape, int)
            given[spots] = rng.integers(1, rng.choice([4, 1000]), spots.sum())
            markers = given
        labels = watershed(heights, given, connectivity=connectivity, watershed_line=bool(lines))
        planes += [np.array([[4 * connectivity, lines]]), heights, markers, labels]
    write('watershed', *planes)


def part_reconstruction():
    """Per case: the seed, the floor, the reconstruction by erosion with 4 and with 8 neighbours."""
    from skimage.morphology import reconstruction
    rng = np.random.default_rng(4)
    planes = []
    for n in range(24):
        shape = tuple(rng.integers(1, 40, 2))
        floor = relief(rng, n % 3, shape)
        seed = np.maximum(floor, np.where(rng.random(shape) < 0.03, floor, floor.max() + 1 if n % 2 else floor + 0.5)).astype('f4')
        planes += [seed, floor] + [reconstruction(seed, floor, 'erosion', footprint=ndi.generate_binary_structure(2, c)) for c in (1, 2)]
    write('reconstruction', *planes)


def part_distance():
    """Per case: the mask, the distance to the nearest pixel of the mask."""
    rng = np.random.default_rng(6)
    planes = []
    for n in range(24):
        shape = tuple(rng.integers(1, 60, 2))
        mask = rng.random(shape) < rng.choice([0.001, 0.02, 0.3])
        mask[rng.integers(shape[0]), rng.integers(shape[1])] = True
        planes += [mask, ndi.distance_transform_edt(~mask)]
    write('distance', *planes)


def part_log():
    """Per case: sigma, size; the image; the response to Matlab's kernel with zeros around the zero-mean image, negative."""
    rng = np.random.default_rng(8)
    planes = []
    for shape, sigma, size in (((60, 71), 7, 42), ((33, 90), 2.5, 15), ((20, 9), 7, 42), ((1, 1), 1, 6), ((50, 40), 0.8, 5), ((25, 31), 3, 7)):
        image = (1000 + 300 * ndi.gaussian_filter(rng.normal(0, 1, shape), 2)).astype('f4')
        t = np.arange(size) - (size - 1) / 2
        r2 = t[:, None] ** 2 + t ** 2
        g = np.exp(-r2 / (2 * sigma ** 2))
        g /= g.sum()
        kernel = g * (r2 - 2 * sigma ** 2) / sigma ** 4
        kernel -= kernel.mean()
        padded = np.pad(image.astype(float) - image.mean(dtype=float), size)
        full = ndi.correlate(padded, -kernel, mode='constant', origin=-1 if size % 2 == 0 else 0)
        planes += [np.array([[sigma, size]]), image, full[size:-size, size:-size]]
    write('log', *planes)


def part_hulls():
    """Per case: some pixels, their convex hull."""
    from skimage.morphology import convex_hull_image
    rng = np.random.default_rng(9)
    planes = []
    for n in range(30):
        shape = tuple(rng.integers(2, 30, 2))
        pixels = rng.random(shape) < rng.choice([0.01, 0.05, 0.5])
        pixels[tuple(rng.integers(shape))] = pixels[tuple(rng.integers(shape))] = True
        y, x = np.nonzero(pixels)
        if len(y) < 3 or np.linalg.matrix_rank(np.array([y - y[0], x - x[0]])) < 2:
            continue  # scikit-image refuses points on one line
        planes += [pixels, convex_hull_image(pixels, offset_coordinates=False)]
    write('hulls', *planes)


def published(image, sigma=7):
    """The published detection, from the feature on, by scikit-image: boxes x, y, width, height in scan order of the markers."""
    from skimage.exposure import equalize_adapthist
    from skimage.measure import regionprops
    from skimage.morphology import reconstruction
    from skimage.segmentation import watershed
    size = round(6 * sigma)
    t = np.arange(size) - (size - 1) / 2
    r2 = t[:, None] ** 2 + t ** 2
    g = np.exp(-r2 / (2 * sigma ** 2))
    kernel = g / g.sum() * (r2 - 2 * sigma ** 2) / sigma ** 4
    kernel -= kernel.mean()
    padded = np.pad(image - image.mean(), size)
    feature = ndi.correlate(padded, -kernel, mode='constant', origin=-1 if size % 2 == 0 else 0)[size:-size, size:-size]
    feature = (feature - feature.min()) / (feature.max() - feature.min())
    eight = np.ones((3, 3))
    cells, count = ndi.label(feature > np.sort(feature.ravel())[int(np.ceil(0.92 * feature.size)) - 1], eight)
    between = ndi.label(watershed(ndi.distance_transform_edt(cells == 0), cells, connectivity=2, watershed_line=True) == 0, eight)[0]
    markers = np.where(between > 0, count + between, cells)
    tile = [max(2, -(-(-(-s // 8)) // 2) * 2) for s in image.shape]
    pixels = tile[0] * tile[1]
    least = np.ceil(pixels / 256)
    equalised = equalize_adapthist(feature, tile, (least + np.floor(0.01 * (pixels - least) + 0.5) + 0.5) / pixels)
    gradient = np.hypot(ndi.sobel(equalised, 0, mode='nearest'), ndi.sobel(equalised, 1, mode='nearest'))
    marked = markers > 0
    low, high = -1, gradient.max() + 1
    floor = np.where(marked, low, gradient + 0.001 * np.ptp(gradient))
    relief = reconstruction(np.where(marked, low, high), floor, 'erosion', footprint=eight)
    labels = watershed(relief, markers, connectivity=2, watershed_line=True)
    labels[labels > count] = 0
    boxes = [(p.bbox[1], p.bbox[0], p.bbox[3] - p.bbox[1], p.bbox[2] - p.bbox[0]) for p in regionprops(labels) if p.area <= 0.25 * image.size]
    i = 0
    while i < len(boxes):
        for j in range(i + 1, len(boxes)):
            (ax, ay, aw, ah), (bx, by, bw, bh) = boxes[i], boxes[j]
            w, h = min(ax + aw, bx + bw) - max(ax, bx), min(ay + ah, by + bh) - max(ay, by)
            if w > 0 and h > 0 and w * h >= 0.33 * min(aw * ah, bw * bh):
                x, y = min(ax, bx), min(ay, by)
                boxes[i] = (x, y, max(ax + aw, bx + bw) - x, max(ay + ah, by + bh) - y)
                del boxes[j]
                i = -1
                break
        i += 1
    return np.array([b for b in boxes if b[2] * b[3] >= 10])


def part_published():
    """Per case: a section whose background and contrast need no work, sigma, the boxes that are found."""
    rng = np.random.default_rng(12)
    planes = []
    for n in range(4):
        shape, sigma = (int(rng.integers(120, 150)), int(rng.integers(120, 150))), (7, 5, 3, 7)[n]
        y, x = np.mgrid[:shape[0], :shape[1]]
        image = rng.normal(100, 4, shape)
        for _ in range(5):
            cy, cx, r = rng.uniform(20, shape[0] - 20), rng.uniform(20, shape[1] - 20), rng.uniform(8, 18)
            d = np.hypot(y - cy, x - cx)
            image += rng.uniform(40, 150) * ((d < r) & (d > 0.4 * r))
        image = np.round(np.clip(image, 0, 65535))
        planes += [image, np.array([[sigma]]), published(image, sigma)]
    write('published', *planes)


if __name__ == '__main__':
    os.makedirs(OUT, exist_ok=True)
    for part in sys.argv[1:] or [n[5:] for n in list(globals()) if n.startswith('part_')]:
        globals()['part_' + part]()
