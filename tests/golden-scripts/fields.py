"""Fields of view on the stage, their share of outlined cells, and agreement of annotators, computed with numpy alone.

    /usr/bin/python3 tests/golden-scripts/fields.py

prints the numbers that FieldTableTests and EvaluateDetectionTests (tests/ClemReg.Algorithms.Tests) hold.
"""
import numpy as np


def corners(matrix, x, y, w, h):
    """The corners of pixels x to x + w - 1 and y to y + h - 1, whose first one's centre is 0, 0, in homogeneous coordinates."""
    edge = np.array([[x - .5, y - .5, 1], [x + w - .5, y - .5, 1], [x + w - .5, y + h - .5, 1], [x - .5, y + h - .5, 1]])
    return edge @ matrix.T


def rounded(a):
    return np.round(a, 3).tolist()


# A map from pixel size, turn and flip: rotation matrix times scale, then the origin.
angle = np.deg2rad(30)
rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
framed = np.column_stack([rotation @ np.diag([0.178, -0.178]), [1000, -250]])
c = corners(framed, 10, 20, 30, 40)
print("framed: centre", rounded(c.mean(axis=0)), "corners", rounded(c))

# The same through four fiducials, one of them read 1 um wrong: least squares.
pixels = np.array([[0, 0, 1], [500, 0, 1], [500, 400, 1], [0, 400, 1]], float)
stage = pixels @ framed.T
stage[2, 0] += 1
solution = np.linalg.lstsq(pixels, stage, rcond=None)[0].T
c = corners(solution, 10, 20, 30, 40)
print("fiducials", stage.tolist())
print("  centre", rounded(c.mean(axis=0)), "corners", rounded(c), "width", rounded(np.hypot(*(c[1] - c[0]))), "height", rounded(np.hypot(*(c[3] - c[0]))))
print("  residual", np.sqrt(((pixels @ solution.T - stage) ** 2).sum(axis=1).mean()))

# A disc and a ring, and two fields that overlap.
y, x = np.mgrid[:60, :80]
disc = (x - 20) ** 2 + (y - 25) ** 2 <= 12 ** 2
ring = ((x - 55) ** 2 + (y - 30) ** 2 <= 15 ** 2) & ((x - 55) ** 2 + (y - 30) ** 2 > 8 ** 2)
fields = np.zeros_like(disc)
fields[10:31, 12:30] = True
fields[20:40, 25:60] = True
for name, cell in ("disc", disc), ("ring", ring):
    print(name, "area", cell.sum(), "inside", (cell & fields).sum(), "box", x[cell].min(), y[cell].min(), np.ptp(x[cell]) + 1, np.ptp(y[cell]) + 1)
print("boxes of both inside", sum(fields[y[c].min():y[c].max() + 1, x[c].min():x[c].max() + 1].sum() for c in (disc, ring)))


def dice(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return 2 * max(w, 0) * max(h, 0) / (a[2] * a[3] + b[2] * b[3])


sets = [[(10, 10, 20, 20), (50, 10, 20, 20), (80, 80, 10, 10)], [(12, 12, 20, 20), (50, 10, 20, 30)], [(10, 10, 20, 25), (52, 8, 20, 20), (81, 80, 10, 10), (0, 60, 8, 8)]]
print("agreement", [[round(float(np.mean([max(dice(a, b) for b in other) for a in one])), 6) for other in sets] for one in sets])
