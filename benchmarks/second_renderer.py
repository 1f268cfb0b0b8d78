#!/usr/bin/python3
"""A pair of fluorescence and EM with known truth, made otherwise than by the simulator and by make_clem_case.py, and sharing no code with them.

    second_renderer.py --mask em_mask.tif --seed 7 --out FOLDER [--edge-um 12]

What differs: the point spread function is a confocal one from scalar diffraction (rings, an elongated middle, some spherical aberration), not a
Gaussian; the stain sits on the outer membrane and varies along each mitochondrion; the specimen shrank by 0 to 10 % along each axis on its own
between light and electron microscopy; the fluorescence shows what lies around the EM block; its background is a smooth autofluorescence; the EM
mask is a segmentation (smoothing, threshold, sizes) of a rendered grey EM image, with its errors at the edges and its false objects.

Everything is drawn from the seed: crop, rotation about a random axis (half of the seeds up to 30 degrees, half any), shrinkage, numerical
aperture, voxels, photons, missing and false objects.
Written: fm.tif, em.tif (the segmentation), truth.npz: matrix (4 x 4, fluorescence to EM, nm, z, y, x) and targets (true voxels of mitochondria, nm).
"""
import argparse
import json
import pathlib

import numpy as np
import scipy.fft as fft
import tifffile
from scipy import ndimage as ndi

VOXEL = 20.0


def rotation(rng, largest):
    """A rotation about an axis drawn evenly from the sphere, by a quaternion."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    half = np.deg2rad(rng.uniform(0, largest)) / 2
    w, (a, b, c) = np.cos(half), np.sin(half) * axis
    return np.array([[1 - 2 * (b * b + c * c), 2 * (a * b - w * c), 2 * (a * c + w * b)],
                     [2 * (a * b + w * c), 1 - 2 * (a * a + c * c), 2 * (b * c - w * a)],
                     [2 * (a * c - w * b), 2 * (b * c + w * a), 1 - 2 * (a * a + b * b)]])


def focus(aperture, aberration):
    """Where along z the light of a point seems to come from: an offset of all the fluorescence, which belongs to what a registration finds."""
    z, across = (fft.fftfreq(n, 1 / n) * d for n, d in ((129, 30), (64, 40)))
    psf = confocal((129, 64, 64), (30, 40, 40), aperture, aberration, 0)
    near = psf[:, across[:, None] ** 2 + across[None] ** 2 < 250 ** 2].sum(1) * (abs(z) < 700)
    return float((near * z).sum() / near.sum())


def confocal(shape, spacing, aperture, aberration, at):
    """Confocal point spread function about z = `at` on a periodic grid: the product of illumination (488 nm) and detection (525 nm), sum 1."""
    index, out = 1.515, None
    z = fft.fftfreq(shape[0], 1 / shape[0]) * spacing[0] + at
    ky, kx = (2 * np.pi * fft.fftfreq(n, d) for n, d in zip(shape[1:], spacing[1:]))
    k2 = ky[:, None] ** 2 + kx[None, :] ** 2
    for wavelength in (488.0, 525.0):
        k = 2 * np.pi / wavelength
        rho2 = k2 / (k * aperture) ** 2
        pupil = (rho2 <= 1) * np.exp(2j * np.pi * aberration * (6 * rho2 ** 2 - 6 * rho2 + 1) * (rho2 <= 1))
        kz = np.sqrt(np.maximum((k * index) ** 2 - k2, 0))
        intensity = np.empty(shape, np.float32)
        for i, depth in enumerate(z):
            intensity[i] = np.abs(fft.ifft2(pupil * np.exp(1j * kz * depth), workers=2)) ** 2
        out = intensity if out is None else out * intensity
    return out / out.sum()


def smooth_noise(rng, shape, length):
    """A random field of variance 1 with the given correlation length in voxels of each axis."""
    coarse = [max(4, int(n / max(1.0, l)) + 4) for n, l in zip(shape, length)]
    field = ndi.zoom(rng.normal(size=coarse).astype(np.float32), [n / c for n, c in zip(shape, coarse)], order=3, mode="nearest", grid_mode=True)
    return field[:shape[0], :shape[1], :shape[2]] / field.std()


def electron_image(rng, mask):
    """A grey EM image of the mask: dark mitochondria of unlike contrast, cristae, dark bodies that are none, noise."""
    labels, n = ndi.label(mask)
    contrast = rng.normal(1, 0.12, n + 1).astype(np.float32)
    contrast[0] = 0
    image = 150 - 45 * contrast[labels]
    image += 10 * smooth_noise(rng, mask.shape, (4, 6, 6)) * mask
    image += 6 * smooth_noise(rng, mask.shape, (60, 60, 60))
    for _ in range(int(0.12 * n) + 4):                       # lysosomes and the like
        centre, radius = rng.random(3) * mask.shape, rng.uniform(120, 320) / VOXEL
        low = np.maximum(0, (centre - radius).astype(int))
        high = np.minimum(mask.shape, (centre + radius).astype(int) + 2)
        g = np.meshgrid(*[np.arange(a, b) - c for a, b, c in zip(low, high, centre)], indexing="ij")
        image[tuple(slice(a, b) for a, b in zip(low, high))] -= 40 * (sum(x * x for x in g) < radius * radius)
    image = ndi.uniform_filter(image, 3)
    return image + rng.normal(0, 14, mask.shape).astype(np.float32)


def segment(image):
    """What a plain segmentation makes of it."""
    smooth = ndi.gaussian_filter(image, 1.6)
    mask = ndi.binary_opening(smooth < 128, iterations=2)
    labels, n = ndi.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)
    keep = sizes > 4000
    keep[0] = False
    return keep[labels]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mask", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--edge-um", type=float, default=12)
    a = parser.parse_args()
    rng = np.random.default_rng(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    whole = tifffile.imread(a.mask) > 0
    edge, margin = int(a.edge_um * 1000 / VOXEL), int(1500 / VOXEL)
    y, x = (int(rng.integers(margin, n - edge - margin)) for n in whole.shape[1:])
    shown = (slice(None), slice(margin, margin + edge), slice(margin, margin + edge))
    world = whole[:, y - margin:y + edge + margin, x - margin:x + edge + margin]   # what the light microscope sees
    block = world[shown]                                                           # what was cut and imaged

    # EM = shrinkage * rotation * fluorescence, about the middle of the block.
    shrinkage = rng.uniform(0.9, 1.0, 3)
    linear = np.diag(shrinkage) @ rotation(rng, 30 if a.seed % 2 else 180)
    middle = (np.array(world.shape) - 1) / 2 * VOXEL
    corners = np.array(np.meshgrid(*[(0, (n - 1) * VOXEL) for n in world.shape])).reshape(3, -1).T - middle
    reach = np.abs(corners @ np.linalg.inv(linear).T).max(0)
    step = np.array([rng.uniform(120, 250), *[rng.uniform(45, 85)] * 2])
    fine = np.array([step[0] / np.ceil(step[0] / 65), step[1], step[2]])
    size = np.ceil(2 * reach / step).astype(int) + rng.integers(2, 12, 3)
    per = int(round(step[0] / fine[0]))
    centre = (size - 1) / 2 * step + rng.uniform(-300, 300, 3)

    labels, n = ndi.label(world)
    bright = np.exp(rng.normal(0, 0.35, n + 1)).astype(np.float32)
    missing = rng.uniform(0.1, 0.3)
    bright[rng.random(n + 1) < missing] = 0
    bright[0] = 0
    stain = bright[labels]
    inside = ndi.binary_erosion(world, iterations=3)
    stain *= np.where(inside, np.float32(0.35), np.float32(1)) * np.exp(0.4 * smooth_noise(rng, world.shape, (40, 40, 40)))
    for _ in range(int(rng.uniform(0.1, 0.3) * n)):          # stained rods that the EM does not show as mitochondria
        c, d, length = rng.random(3) * world.shape, rng.normal(size=3), rng.uniform(10, 50)
        d /= np.linalg.norm(d)
        for t in np.arange(-length / 2, length / 2, 4):
            low = np.maximum(0, (c + t * d - 9).astype(int))
            high = np.minimum(world.shape, (c + t * d + 9).astype(int))
            if (high <= low).any():
                continue
            g = np.meshgrid(*[np.arange(p, q) - r for p, q, r in zip(low, high, c + t * d)], indexing="ij")
            part = stain[tuple(slice(p, q) for p, q in zip(low, high))]
            np.maximum(part, (sum(v * v for v in g) < 64) * np.float32(0.6), out=part)
    del labels, inside

    # Mean over a fine voxel, not one sample of it, before the world is turned into the fluorescence's frame.
    stain = ndi.gaussian_filter(stain, 1.0)
    sizes = np.array([size[0] * per, size[1], size[2]])
    inverse_step = linear @ np.diag(fine) / VOXEL
    offset = (middle - linear @ centre) / VOXEL
    density = ndi.affine_transform(stain, inverse_step, offset, tuple(sizes), order=1, mode="constant", prefilter=False)
    padded = [fft.next_fast_len(int(m + 2 * 1500 / h), real=True) for m, h in zip(sizes, fine)]
    aperture, aberration = rng.uniform(0.9, 1.3), rng.uniform(0, 0.12)
    psf = confocal(padded, fine, aperture, aberration, focus(aperture, aberration))
    light = fft.irfftn(fft.rfftn(density, padded, workers=2) * fft.rfftn(psf, workers=2), padded, workers=2)
    light = light[:sizes[0]:per, :sizes[1], :sizes[2]]
    photons = rng.uniform(40, 250)
    light *= photons / np.percentile(light, 99.5)
    light *= np.exp(-np.arange(size[0]) * step[0] / rng.uniform(8000, 30000))[:, None, None]
    light += rng.uniform(5, 25) * np.exp(0.4 * smooth_noise(rng, light.shape, 2000 / step))
    image = rng.poisson(np.maximum(light, 0)) * 2.1 + 100 + rng.normal(0, 3, light.shape)

    seen = segment(electron_image(rng, block))
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = middle - linear @ centre - np.array([0, margin * VOXEL, margin * VOXEL])
    voxels = np.argwhere(block)
    targets = voxels[rng.choice(len(voxels), min(4000, len(voxels)), False)] * VOXEL
    np.savez(a.out / "truth.npz", matrix=matrix, targets=targets)
    tifffile.imwrite(a.out / "fm.tif", np.clip(image, 0, 65535).astype(np.uint16))
    tifffile.imwrite(a.out / "em.tif", seen.astype(np.uint8) * 255, compression="zlib")
    dice = 2 * np.count_nonzero(seen & block) / (np.count_nonzero(seen) + np.count_nonzero(block))
    (a.out / "truth.json").write_text(json.dumps({"fm_spacing_nm": list(step), "shrinkage": list(shrinkage), "dice_of_the_segmentation": dice,
                                                  "degrees": float(np.degrees(np.arccos((np.trace(linear / shrinkage[:, None]) - 1) / 2))),
                                                  "photons": photons, "mitochondria": n}))


if __name__ == "__main__":
    main()
