#!/usr/bin/env python3
"""Reads the meshes that clemreg mesh wrote with MeshLab, and compares them with objects.csv.

    meshlab_meshes.py DIR

all.ply and the STL of the largest object: vertices joined, as many triangles as were written, two-manifold without holes, volume and area of the table within 3 %. Needs meshlabserver and xvfb-run, as it wants OpenGL.
all.obj is not opened: MeshLab 2020.09 of Debian 12 ends with a failed assertion on any OBJ, a tetrahedron too (https://bugs.debian.org/1054006).
"""
import csv
import pathlib
import re
import subprocess
import sys
import tempfile

folder = pathlib.Path(sys.argv[1])
rows = list(csv.DictReader(open(folder / 'objects.csv')))
largest = max(rows, key=lambda r: int(r['voxels']))
worst = 0
with tempfile.TemporaryDirectory() as work:
    script = pathlib.Path(work) / 'measure.mlx'
    script.write_text('<!DOCTYPE FilterScript><FilterScript><filter name="Compute Geometric Measures"/><filter name="Compute Topological Measures"/></FilterScript>')
    for name, own in (('all.ply', rows), (f'label_{largest["label"]}.stl', [largest])):
        said = subprocess.run(['xvfb-run', '-a', 'meshlabserver', '-i', folder / name, '-s', script], capture_output=True, text=True, timeout=120, cwd=work, check=False).stdout
        assert re.search(rf'loaded has \d+ vn {sum(int(r["triangles_written"]) for r in own)} fn', said), (name, said)
        assert 'Mesh is two-manifold' in said and 'Mesh has 0 holes' in said and 'Boundary Edges 0' in said, (name, said)
        for what, told in (('Volume  is', 1e9 * sum(float(r['mesh_volume_um3']) for r in own)), ('Surface Area is', 1e6 * sum(float(r['area_um2']) for r in own))):
            value = float(re.search(rf'Mesh {what} ([-\d.]+)', said)[1])
            assert abs(value / told - 1) < 0.03, (name, what, value, told)
            worst = max(worst, abs(value / told - 1))
print(f'MeshLab: {len(rows)} objects in all.ply, {largest["triangles_written"]} triangles of label {largest["label"]}, two-manifold without holes; volume and area off by at most {100 * worst:.2f} %')
