"""Reads the meshes that clemreg mesh wrote with Blender, and compares them with objects.csv.

    blender -b --factory-startup --python-exit-code 1 --python blender_meshes.py -- DIR [PICTURE]

all.obj must come in as one object for each label, named label_N, in the material of its class, one colour for each class; all.ply as one object with colours; label_N.stl with the same vertices and triangles. One unit is 1 nm, and with
the axes kept (forward Y, up Z) x, y and z are those of the table. Each object must be closed to Blender and hold the table's volume within 3 %. With PICTURE the objects are rendered.
"""
import csv
import json
import math
import pathlib
import sys

import bmesh
import bpy
from mathutils import Vector

folder, *picture = sys.argv[sys.argv.index('--') + 1:]
folder = pathlib.Path(folder)
rows = {f'label_{r["label"]}': r for r in csv.DictReader(open(folder / 'objects.csv'))}
spacing = json.loads((folder / 'mesh.json').read_text())['spacing_zyx_nm'][::-1]
near = [max(2 * s, *spacing) for s in spacing]


def imported(run, **options):
    before = set(bpy.data.objects)
    assert run(**options) == {'FINISHED'}, options
    return [o for o in bpy.data.objects if o not in before]


def volume(mesh):
    parts = bmesh.new()
    parts.from_mesh(mesh)
    bmesh.ops.remove_doubles(parts, verts=parts.verts, dist=0)
    assert all(e.is_manifold and e.is_contiguous for e in parts.edges), f'{mesh.name} is not closed'
    value = parts.calc_volume(signed=True)
    parts.free()
    return value


bpy.ops.wm.read_factory_settings(use_empty=True)
objects = imported(bpy.ops.wm.obj_import, filepath=str(folder / 'all.obj'), forward_axis='Y', up_axis='Z')
assert {o.name for o in objects} == set(rows), 'the objects are not the labels'
colours, worst, triangles = {}, 0, 0
for o in objects:
    row, (material,) = rows[o.name], o.data.materials
    assert material.name == (row['class'].replace(' ', '_') or o.name), (o.name, material.name)
    colours[material.name] = tuple(material.diffuse_color)
    assert len(o.data.polygons) == int(row['triangles_written']), o.name
    worst = max(worst, abs(volume(o.data) / (float(row['mesh_volume_um3']) * 1e9) - 1))
    places = [o.matrix_world @ v.co for v in o.data.vertices]
    for k, axis in enumerate('xyz'):
        low, high = min(p[k] for p in places), max(p[k] for p in places)
        assert abs(low - float(row[f'low_{axis}_nm'])) <= near[k] and abs(high - float(row[f'high_{axis}_nm'])) <= near[k], (o.name, axis, low, high)
    single, = imported(bpy.ops.import_mesh.stl, filepath=str(folder / f'{o.name}.stl'))
    assert (len(single.data.vertices), len(single.data.polygons)) == (len(o.data.vertices), len(o.data.polygons)), o.name
    assert all(abs(a - b) < 0.01 for a, b in zip(single.dimensions, o.dimensions)), (o.name, single.dimensions, o.dimensions)
    bpy.data.objects.remove(single)
    triangles += len(o.data.polygons)
assert len(set(colours.values())) == len(colours) and worst < 0.03, (colours, worst)
whole, = imported(bpy.ops.import_mesh.ply, filepath=str(folder / 'all.ply'))
assert len(whole.data.polygons) == triangles
shades = {tuple(round(255 * c) for c in d.color_srgb[:3]) for d in whole.data.color_attributes[0].data}
assert len(shades) == len(colours), (len(shades), len(colours))
bpy.data.objects.remove(whole)
if picture:
    scene = bpy.context.scene
    for material in bpy.data.materials:
        material.use_nodes = True
        material.node_tree.nodes['Principled BSDF'].inputs['Base Color'].default_value = material.diffuse_color
    low, high = (Vector([f(f((o.matrix_world @ v.co)[k] for v in o.data.vertices) for o in objects) for k in range(3)]) for f in (min, max))
    size, middle = (high - low).length, (low + high) / 2
    camera = bpy.data.objects.new('camera', bpy.data.cameras.new('camera'))
    camera.data.clip_end, camera.location = 10 * size, middle + size * Vector((0.6, -1, -0.9))
    camera.rotation_euler = (middle - camera.location).to_track_quat('-Z', 'Y').to_euler()
    sun = bpy.data.objects.new('sun', bpy.data.lights.new('sun', 'SUN'))
    sun.data.energy, sun.rotation_euler = 4, (math.radians(150), math.radians(20), 0)
    scene.collection.objects.link(camera)
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new('world')
    scene.world.use_nodes = True
    scene.world.node_tree.nodes['Background'].inputs['Color'].default_value = (0.5, 0.5, 0.5, 1)
    scene.camera, scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = camera, 'CYCLES', 16, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.filepath = 900, 700, picture[0]
    bpy.ops.render.render(write_still=True)
print(f'Blender {bpy.app.version_string}: {len(objects)} objects of {len(colours)} materials, {triangles} triangles, closed, 1 unit = 1 nm; volume off by at most {100 * worst:.2f} %')
