#!/usr/bin/env python3
"""Reads the meshes that clemreg mesh wrote with VTK's readers, which are ParaView's, and compares them with objects.csv.

    vtk_meshes.py DIR

label_N.stl, all.obj and all.ply: the triangles that were written, no edge that is open or of more than two triangles, volume and area of the table within 3 %, its box in nm; objects and materials of all.obj, colours of all.ply.
"""
import csv
import json
import pathlib
import sys

import vtk
from vtk.util.numpy_support import vtk_to_numpy

folder = pathlib.Path(sys.argv[1])
rows = list(csv.DictReader(open(folder / 'objects.csv')))
spacing = json.loads((folder / 'mesh.json').read_text())['spacing_zyx_nm'][::-1]
near = [max(2 * s, *spacing) for s in spacing]
worst = [0, 0]


def compare(reader, name, own):
    reader.SetFileName(str(folder / name))
    reader.Update()
    mesh = reader.GetOutput()
    assert mesh.GetNumberOfCells() == sum(int(r['triangles_written']) for r in own), (name, mesh.GetNumberOfCells())
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(mesh)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    assert edges.GetOutput().GetNumberOfCells() == 0, f'{name} is not closed or no manifold'
    sums = vtk.vtkMassProperties()
    sums.SetInputData(mesh)
    for k, (value, told) in enumerate(((sums.GetVolume(), sum(float(r['mesh_volume_um3']) for r in own) * 1e9), (sums.GetSurfaceArea(), sum(float(r['area_um2']) for r in own) * 1e6))):
        worst[k] = max(worst[k], abs(value / told - 1))
    low, high = mesh.GetBounds()[::2], mesh.GetBounds()[1::2]
    for k, axis in enumerate('xyz'):
        assert abs(low[k] - min(float(r[f'low_{axis}_nm']) for r in own)) <= near[k], (name, axis, low)
        assert abs(high[k] - max(float(r[f'high_{axis}_nm']) for r in own)) <= near[k], (name, axis, high)
    return mesh


for row in rows:
    compare(vtk.vtkSTLReader(), f'label_{row["label"]}.stl', [row])
obj, ply = compare(vtk.vtkOBJReader(), 'all.obj', rows), compare(vtk.vtkPLYReader(), 'all.ply', rows)
classes = {r['class'] or r['label'] for r in rows}
groups = len(set(vtk_to_numpy(obj.GetCellData().GetArray('GroupIds')).tolist()))
assert groups == len(rows), (groups, len(rows))
# VTK 9.1 gives the first object of a file without texture coordinates (Blender's own as well) no material as cells, but its colour as an actor.
scene = vtk.vtkOBJImporter()
scene.SetFileName(str(folder / 'all.obj'))
scene.SetFileNameMTL(str(folder / 'all.mtl'))
scene.Update()
actors = scene.GetRenderer().GetActors()
actors = [a for a in map(actors.GetItemAsObject, range(actors.GetNumberOfItems())) if a.GetMapper().GetInput().GetNumberOfCells() > 0]
colours = {a.GetProperty().GetDiffuseColor() for a in actors}
assert len(actors) == len(rows) and len(colours) == len(classes), (len(actors), colours)
shades = {tuple(c) for c in vtk_to_numpy(ply.GetPointData().GetArray('RGB')).tolist()}
assert len(shades) == len(classes), (len(shades), len(classes))
assert max(worst) < 0.03, worst
print(f'VTK {vtk.vtkVersion().GetVTKVersion()}: {len(rows)} objects, {len(classes)} materials, {obj.GetNumberOfCells()} triangles, closed and manifold; volume off by at most {100 * worst[0]:.2f} %, area by {100 * worst[1]:.2f} %')
