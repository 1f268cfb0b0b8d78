#!/usr/bin/env python3
"""Reads the meshes that clemreg mesh wrote with Open3D, which is another's program, and compares them with objects.csv.

    open3d_meshes.py DIR

Each label_N.stl must be watertight (edge- and vertex-manifold without a rim) and orientable to Open3D, its triangles' normals in the file must be those of their corners and point outwards (the signed volume is positive), its volume and area
must be the table's (which are of the surface before decimation) within 3 %, and its box in nm the table's within two voxels. all.obj and all.ply must hold the same triangles in sum, the same volume, and the same box. How many
cross themselves somewhere is told.
"""
import csv
import json
import pathlib
import sys

import numpy as np
import open3d as o3d

folder = pathlib.Path(sys.argv[1])
spacing = np.array(json.loads((folder / 'mesh.json').read_text())['spacing_zyx_nm'][::-1])


def signed_volume(mesh):
    places, triangles = np.asarray(mesh.vertices), np.asarray(mesh.triangles)
    a, b, c = (places[triangles[:, k]] - places.mean(0) for k in range(3))
    return np.einsum('ij,ij->i', a, np.cross(b, c)).sum() / 6


def box(mesh):
    places = np.asarray(mesh.vertices)
    return np.stack([places.min(0), places.max(0)])


whole = {kind: o3d.io.read_triangle_mesh(str(folder / f'all.{kind}')) for kind in ('obj', 'ply')}
triangles, volume, low, high, worst, crossing = 0, 0, np.full(3, np.inf), np.full(3, -np.inf), [0, 0], 0
rows = list(csv.DictReader(open(folder / 'objects.csv')))
for row in rows:
    name = f'label_{row["label"]}.stl'
    mesh = o3d.io.read_triangle_mesh(str(folder / name))
    assert len(mesh.triangles) > 0, name
    mesh.compute_triangle_normals()
    computed = np.asarray(mesh.triangle_normals)
    written = np.fromfile(folder / name, np.dtype([('normal', '<f4', 3), ('corners', '<f4', 9), ('more', '<u2')]), offset=84)['normal']
    assert (np.einsum('ij,ij->i', computed, written) > 0.99).all(), f'{name}: normals'
    mesh.remove_duplicated_vertices()
    assert mesh.is_edge_manifold(allow_boundary_edges=False) and mesh.is_vertex_manifold() and mesh.is_orientable(), f'{name} is not closed or no manifold'
    crossing += mesh.is_self_intersecting()
    own = signed_volume(mesh)
    assert own > 0, f'{name} is inside out'
    for k, (value, told) in enumerate(((own, float(row['mesh_volume_um3']) * 1e9), (mesh.get_surface_area(), float(row['area_um2']) * 1e6))):
        worst[k] = max(worst[k], abs(value / told - 1))
    told = np.array([[float(row[f'{end}_{axis}_nm']) for axis in 'xyz'] for end in ('low', 'high')])
    assert (np.abs(box(mesh) - told) <= 2 * spacing).all(), (name, box(mesh), told)
    triangles, volume, low, high = triangles + len(mesh.triangles), volume + own, np.minimum(low, box(mesh)[0]), np.maximum(high, box(mesh)[1])
assert worst[0] < 0.03 and worst[1] < 0.03, worst
for kind, mesh in whole.items():
    assert len(mesh.triangles) == triangles, (kind, len(mesh.triangles), triangles)
    assert abs(signed_volume(mesh) / volume - 1) < 1e-3, kind
    assert (np.abs(box(mesh) - [low, high]) < 0.01 * spacing.max()).all(), kind
print(f'{len(rows)} objects, {triangles} triangles: closed, manifold, outwards; volume off by at most {100 * worst[0]:.2f} %, area by {100 * worst[1]:.2f} %; {crossing} cross themselves somewhere')
