#!/usr/bin/env python3
"""Reads the meshes that clemreg mesh wrote as STL, OBJ and PLY, without any of its code, and compares them with each other and with objects.csv.

    read_meshes.py DIR

Each object must be closed and oriented (every directed edge once, and once the other way), hold the same volume in all three files, within 10 % of the volume in the table (which is that before decimation), and lie in its box there.
"""
import csv
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[1])


def read_stl(path):
    data = path.read_bytes()
    count, = struct.unpack_from('<I', data, 80)
    assert len(data) == 84 + 50 * count, path
    number, places, triangles = {}, [], []
    for t in range(count):
        values = struct.unpack_from('<12f', data, 84 + 50 * t)
        corners = []
        for k in range(3):
            p = values[3 + 3 * k:6 + 3 * k]
            if p not in number:
                number[p] = len(places)
                places.append(p)
            corners.append(number[p])
        if len(set(corners)) == 3:
            triangles.append(corners)
    return places, triangles


def read_obj(path):
    places, objects = [], {}
    for line in path.read_text().splitlines():
        word, *rest = line.split()
        if word == 'o':
            triangles = objects[int(rest[0].removeprefix('label_'))] = []
        elif word == 'v':
            places.append(tuple(map(float, rest)))
        elif word == 'f':
            triangles.append([int(v) - 1 for v in rest])
    return {label: (places, triangles) for label, triangles in objects.items()}


def read_ply(path):
    data = path.read_bytes()
    header, body = data.split(b'end_header\n', 1)
    assert b'format binary_little_endian 1.0' in header and b'in nm' in header
    count = {line.split()[1]: int(line.split()[2]) for line in header.decode().splitlines() if line.startswith('element')}
    vertices = [struct.unpack_from('<3f3Bi', body, 19 * i) for i in range(count['vertex'])]
    assert len(body) == 19 * count['vertex'] + 13 * count['face']
    objects, places = {}, [v[:3] for v in vertices]
    for i in range(count['face']):
        three, *corners = struct.unpack_from('<B3i', body, 19 * count['vertex'] + 13 * i)
        assert three == 3 and len({vertices[c][6] for c in corners}) == 1
        objects.setdefault(vertices[corners[0]][6], []).append(corners)
    return {label: (places, triangles) for label, triangles in objects.items()}


def volume(mesh):
    places, triangles = mesh
    edges = {(t[k], t[(k + 1) % 3]) for t in triangles for k in range(3)}
    assert len(edges) == 3 * len(triangles) and all((b, a) in edges for a, b in edges), 'not closed'
    o = places[triangles[0][0]]
    total = 0
    for t in triangles:
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = [[places[v][k] - o[k] for k in range(3)] for v in t]
        total += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    return total / 6


objects, ply = read_obj(folder / 'all.obj'), read_ply(folder / 'all.ply')
with open(folder / 'objects.csv') as f:
    rows = list(csv.DictReader(f))
assert {int(r['label']) for r in rows} == set(objects) == set(ply)
for row in rows:
    label = int(row['label'])
    stl = read_stl(folder / f'label_{label}.stl')
    told, volumes = float(row['mesh_volume_um3']) * 1e9, [volume(m) for m in (stl, objects[label], ply[label])]
    assert all(abs(v / told - 1) < 0.1 for v in volumes) and max(volumes) - min(volumes) < 1e-3 * told, (label, told, volumes)
    for axis, name in enumerate('xyz'):
        values = [p[axis] for p in stl[0]]
        margin = 0.1 * (float(row[f'high_{name}_nm']) - float(row[f'low_{name}_nm'])) + 20
        assert min(values) > float(row[f'low_{name}_nm']) - margin and max(values) < float(row[f'high_{name}_nm']) + margin, (label, name)
print(f'{len(rows)} objects agree in STL, OBJ, PLY and table')
