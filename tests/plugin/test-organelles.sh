#!/usr/bin/env bash
# Objects in EM: Darknet's networks to ONNX, boxes in slices, surfaces and measures of labels, by the launcher.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
golden=$root/tests/ClemReg.Algorithms.Tests/golden/yolo
sample
s=$scratch/sample

check "convert-model of Darknet's files" "$clemreg" convert-model --cfg "$golden/small.cfg" --weights "$golden/small.weights" --names "$golden/small.names" --out "$scratch/yolo.onnx"
refuses "a file that is there" 2 "yolo.onnx|overwrit" convert-model --cfg "$golden/small.cfg" --weights "$golden/small.weights" --out "$scratch/yolo.onnx"
refuses "weights that are missing" 2 "weights is missing|.weights" convert-model --cfg "$golden/small.cfg" --out "$scratch/x.onnx"
refuses "other weights" 2 "small.names is no Darknet file of weights" convert-model --cfg "$golden/small.cfg" --weights "$golden/small.names" --out "$scratch/x.onnx"
sed 's/filters=14/filters=18/' "$golden/small.cfg" >"$scratch/other.cfg"
refuses "a configuration of another network" 2 "other.cfg: line|18 channels come|set filters = 14" convert-model --cfg "$scratch/other.cfg" --weights "$golden/small.weights" --out "$scratch/x.onnx"
check "nothing is left of them" test ! -e "$scratch/x.onnx"

check "detect-objects" "$clemreg" detect-objects --image "$s/em.tif" --model "$scratch/yolo.onnx" --out "$scratch/objects" --box-score 0.1 --set boxes_per_slice=20
check "its table" test "$(head -1 "$scratch/objects/boxes.csv")" = "slice,class,name,x,y,width,height,score"
check "a text for each slice" test "$(ls "$scratch/objects/labels" | wc -l)" = 80
check "as many lines as boxes" test "$(cat "$scratch/objects/labels/"*.txt | wc -l)" = "$(($(wc -l <"$scratch/objects/boxes.csv") - 1))"
check "the classes' names" cmp -s "$scratch/objects/obj.names" "$golden/small.names"
check "run.json" grep -q '"layout": "v4"' "$scratch/objects/run.json"
refuses "the folder again" 2 "objects|overwrit" detect-objects --image "$s/em.tif" --model "$scratch/yolo.onnx" --out "$scratch/objects"
refuses "a model of probabilities" 1 "dark.onnx|none of YOLOv3" detect-objects --image "$s/em.tif" --model "$root/tests/ClemReg.Algorithms.Tests/golden/inference/dark.onnx" --out "$scratch/bad"
refuses "a tile without room" 2 "detect_tile_overlap|detect_tile = 64" detect-objects --image "$s/em.tif" --model "$scratch/yolo.onnx" --out "$scratch/bad" --detect-tile 64 --detect-tile-overlap 64

check "boxes of the sample" sample_boxes
check "segment-organelles of a folder" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$s/boxes" --out "$scratch/organelles"
for file in labels.tif objects.csv suggestions.csv classes.csv recipes.json run.json overlay.png boxes/obj.names boxes/slice_0040.txt; do check "organelles: $file" test -s "$scratch/organelles/$file"; done
check "of a table" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$s/boxes.csv" --out "$scratch/organelles-table"
check "of ROIs" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$s/boxes.zip" --out "$scratch/organelles-rois"
check "a table and ROIs are the same" cmp -s "$scratch/organelles-table/labels.tif" "$scratch/organelles-rois/labels.tif"
check "its own recipes and boxes again" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$scratch/organelles/boxes" --recipes "$scratch/organelles/recipes.json" --out "$scratch/organelles-again"
check "are the same" cmp -s "$scratch/organelles/objects.csv" "$scratch/organelles-again/objects.csv"
check "the paper's composition" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$s/boxes" --composition paper --recipe ellipse --out "$scratch/organelles-paper"
check "labels as pixels" "$clemreg" segment-organelles --image "$s/em.tif" --boxes "$s/boxes" --segmentation "$s/em_labels.tif" --recipe labels --out "$scratch/organelles-labels"
overlap=$(/usr/bin/python3 -c 'import sys, tifffile; a, b = (tifffile.imread(f) > 0 for f in sys.argv[1:]); print(int(1000 * (a & b).sum() / (a | b).sum()))' "$scratch/organelles-labels/labels.tif" "$s/em_labels.tif")
check "are those labels: 0.$overlap, above 0.95" test "$overlap" -gt 950
check "segment-organelles with a network" "$clemreg" segment-organelles --image "$s/em.tif" --model "$scratch/yolo.onnx" --recipe box --box-score 0.1 --set boxes_per_slice=20 --out "$scratch/organelles-network"
check "its organelles as surfaces" "$clemreg" mesh --labels "$scratch/organelles/labels.tif" --classes "$scratch/organelles/classes.csv" --out "$scratch/organelles-meshes" --set minimum_size=500
check "with their class" grep -q "mitochondria" "$scratch/organelles-meshes/objects.csv"
refuses "neither boxes nor a model" 2 "boxes is missing" segment-organelles --image "$s/em.tif" --out "$scratch/bad"
refuses "boxes that are not there" 2 "boxes|nowhere" segment-organelles --image "$s/em.tif" --boxes "$scratch/nowhere" --out "$scratch/bad"
echo '{"recipes": {"mito": {"blurr": 3}}}' >"$scratch/r.json"
refuses "a recipe with an unknown key" 2 "recipes|r.json|blurr|Did you mean blur" segment-organelles --image "$s/em.tif" --boxes "$s/boxes" --recipes "$scratch/r.json" --out "$scratch/bad"
mkdir "$scratch/wrong" && echo '0 12 0.5 0.1 0.1' >"$scratch/wrong/slice_0001.txt"
refuses "boxes in pixels" 2 "slice_0001.txt|line 1|shares" segment-organelles --image "$s/em.tif" --boxes "$scratch/wrong" --out "$scratch/bad"
refuses "labels of another image" 2 "segmentation|voxels" segment-organelles --image "$s/em.tif" --boxes "$s/boxes" --segmentation "$s/fm.tif" --recipe labels --out "$scratch/bad"
check "nothing is left of these" test ! -e "$scratch/bad"

check "mesh" "$clemreg" mesh --labels "$s/em_labels.tif" --format stl,obj,ply --out "$scratch/meshes"
objects=$(($(wc -l <"$scratch/meshes/objects.csv") - 1))
check "a surface for each of the $objects objects" test "$objects" -gt 3 -a "$(ls "$scratch/meshes/"label_*.stl | wc -l)" = "$objects"
check "groups of OBJ" grep -q '^g ' "$scratch/meshes/all.obj"
check "STL, OBJ and PLY as another reads them" /usr/bin/python3 "$root/tests/plugin/read_meshes.py" "$scratch/meshes" >/dev/null
check "a view" grep -q '"label":1,' "$scratch/meshes/view.html"
if /usr/bin/python3 -c 'import open3d' 2>/dev/null; then
  check "as Open3D reads them: $(/usr/bin/python3 "$root/tests/plugin/open3d_meshes.py" "$scratch/meshes" 2>&1 | tee "$scratch/open3d.log" | tail -3)" grep -q 'closed, manifold, outwards' "$scratch/open3d.log"
else
  skip "the meshes in Open3D: there is no python3-open3d"
fi
if command -v blender >/dev/null; then
  check "as Blender reads them: $(blender -b --factory-startup --python-exit-code 1 --python "$root/tests/plugin/blender_meshes.py" -- "$scratch/meshes" 2>&1 | tee "$scratch/blender.log" | tail -3)" grep -q 'closed, 1 unit = 1 nm' "$scratch/blender.log"
else
  skip "the meshes in Blender: there is none"
fi
if /usr/bin/python3 -c 'import vtk' 2>/dev/null; then
  check "as VTK, and so ParaView, reads them: $(/usr/bin/python3 "$root/tests/plugin/vtk_meshes.py" "$scratch/meshes" 2>&1 | tee "$scratch/vtk.log" | tail -3)" grep -q 'closed and manifold' "$scratch/vtk.log"
else
  skip "the meshes in VTK: there is no python3-vtk9"
fi
if command -v meshlabserver >/dev/null && command -v xvfb-run >/dev/null; then
  check "as MeshLab reads them: $(/usr/bin/python3 "$root/tests/plugin/meshlab_meshes.py" "$scratch/meshes" 2>&1 | tee "$scratch/meshlab.log" | tail -3)" grep -q 'two-manifold without holes' "$scratch/meshlab.log"
else
  skip "the meshes in MeshLab: there is no meshlabserver or no xvfb-run"
fi
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "$browser" ]; then
  { echo label,class; tail -n +2 "$scratch/meshes/objects.csv" | awk -F, '{ print $1 "," ($1 % 2 ? "odd" : "even") }'; } >"$scratch/two.csv"
  check "mesh of two classes" "$clemreg" mesh --labels "$s/em_labels.tif" --classes "$scratch/two.csv" --format stl --out "$scratch/two"
  check "the view in $browser: $(timeout 400 /usr/bin/python3 "$root/tests/plugin/view_page.py" "$browser" "$scratch/two" "${CLEMREG_VIEW_PICTURES:-$scratch/view}" 2>&1 | tee "$scratch/view.log" | tail -3)" grep -q 'objects chosen by clicks' "$scratch/view.log"
else
  skip "the view in a browser: there is no Chromium"
fi
check "a picture" test -s "$scratch/meshes/meshes.png"
check "units in the headers" grep -q 'area_um2' "$scratch/meshes/objects.csv"
refuses "the folder again" 2 "meshes|overwrit" mesh --labels "$s/em_labels.tif" --out "$scratch/meshes"
check "overwriting" "$clemreg" mesh --labels "$s/em_labels.tif" --out "$scratch/meshes" --overwrite --set minimum_size=1000
check "the published surface, outliers cleaned, another voxel size" "$clemreg" mesh --labels "$s/em_labels.tif" --spacing 50,10 --surface paper --clean-outliers 0.25 --format stl --view=false --out "$scratch/paper"
check "that voxel size" /usr/bin/python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["spacing_zyx_nm"] != [50, 10, 10])' "$scratch/paper/mesh.json"
check "no view" test ! -e "$scratch/paper/view.html"
refuses "an image without objects" 2 "labels|minimum_size = 100000000" mesh --labels "$s/em_labels.tif" --out "$scratch/bad" --set minimum_size=100000000
refuses "grey values" 2 "labels|grey values" mesh --labels "$s/fm.tif" --out "$scratch/bad"
refuses "a voxel size that is none" 2 "spacing|nm" mesh --labels "$s/em_labels.tif" --spacing 0,10 --out "$scratch/bad"
refuses "a format that is none" 2 "format|stl" mesh --labels "$s/em_labels.tif" --format step --out "$scratch/bad"
check "nothing is left of these" test ! -e "$scratch/bad"

fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ -x "$fiji" ]; then
  export JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/prefs"
  run() { timeout 300 "$fiji" "$jar" "$@" >"$scratch/log" 2>&1; }
  cat >"$scratch/organelles.ijm" <<M
open("$s/em.tif");
run("Segment Organelles...", "image=em.tif boxes=[$s/boxes] out=[$scratch/macro]");
print("SHOWN " + nImages);
run("Segment Organelles...", "image=em.tif boxes=[$s/boxes.zip] composition=paper out=[$scratch/macro-rois]");
M
  run -macro "$scratch/organelles.ijm"
  check "macro: $(tail -5 "$scratch/log")" test -s "$scratch/macro/labels.tif" -a -s "$scratch/macro/overlay.png"
  check "labels and objects over the EM are shown: $(tail -5 "$scratch/log")" grep -q "SHOWN 3" "$scratch/log"
  check "the same as on the command line" cmp -s "$scratch/macro/objects.csv" "$scratch/organelles/objects.csv"
  check "from ROIs: $(tail -5 "$scratch/log")" grep -q '"composition": "paper"' "$scratch/macro-rois/run.json"
  cat >"$scratch/organelles.groovy" <<G
#@ org.scijava.command.CommandService service
service.run("clem.scijava.SegmentOrganellesCommand", true, [image: new File("$s/em.tif"), boxes: new File("$s/boxes"), out: new File("$scratch/groovy")]).get()
G
  run --run "$scratch/organelles.groovy"
  check "Groovy: $(tail -5 "$scratch/log")" cmp -s "$scratch/groovy/objects.csv" "$scratch/organelles/objects.csv"
else
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi
finish
