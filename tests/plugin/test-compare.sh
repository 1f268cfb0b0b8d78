#!/usr/bin/env bash
# A simulated stack with organelles, and segmentations compared with each other: labels and STL, by the launcher and in a real headless ImageJ (../shared/imagej).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
s=$scratch/s
small="--set em_size_z=14 --set em_size_y=220 --set em_size_x=240 --set early_endosomes=4 --set late_endosomes=3 --set lysosomes=2 --set mitochondria=3 --seed 4"

# shellcheck disable=SC2086
check "simulate --kind organelles" "$clemreg" simulate --kind organelles $small --out "$s" --threads 1
check "its files" test -s "$s/em.tif" -a -s "$s/labels.tif" -a -s "$s/boxes.csv" -a -s "$s/true_boxes.csv" -a -s "$s/boxes/obj.names" -a -s "$s/boxes/slice_0014.txt" -a -s "$s/run.json"
check "label and class" test "$(head -1 "$s/objects.csv")" = "label,class,voxels,volume_um3,first_slice,last_slice"
check "all classes" test "$(tail -n +2 "$s/objects.csv" | cut -d, -f2 | sort -u | wc -l)" = 5
check "as many lines of YOLO as boxes" test "$(cat "$s"/boxes/slice_*.txt | wc -l)" = "$(($(wc -l <"$s/boxes.csv") - 1))"
# shellcheck disable=SC2086
"$clemreg" simulate --kind organelles $small --box-jitter 0.05 --false-boxes 0.2 --out "$scratch/s2" --threads 3 >/dev/null 2>&1
check "the same voxels with other boxes and threads" cmp -s "$s/labels.tif" "$scratch/s2/labels.tif"
check "and the same image" cmp -s "$s/em.tif" "$scratch/s2/em.tif"
check "and the same true boxes" cmp -s "$s/true_boxes.csv" "$scratch/s2/true_boxes.csv"
check "other boxes" test "$(wc -l <"$scratch/s2/boxes.csv")" -gt "$(wc -l <"$s/boxes.csv")"
refuses "a share above 1" 2 "missed_boxes = 2" simulate --kind organelles --missed-boxes 2 --out "$scratch/bad"
check "help tells the kind" grep -q "simulate --kind organelles" <("$clemreg" --help)

compare() { "$clemreg" compare-segmentations "$@" >/dev/null 2>"$scratch/stderr"; }
check "a segmentation with itself: $(cat "$scratch/stderr" 2>/dev/null)" compare --a "$s/labels.tif" --b "$s/labels.tif" --image "$s/em.tif" --out "$scratch/same"
check "the tables" test "$(ls "$scratch/same" | tr '\n' ' ')" = "classes.csv comparison.json confusion.csv differences.csv objects.csv overlay.png overlay.tif volumes.csv "
check "classes come from beside the images" grep -q '^early endosomes,0.5,' "$scratch/same/classes.csv"
check "all is found" test -z "$(tail -n +2 "$scratch/same/classes.csv" | grep -v ',1,1,1,1$')"
"$clemreg" mesh --labels "$s/labels.tif" --classes "$s/objects.csv" --format stl --out "$scratch/meshes" >/dev/null 2>&1
check "a folder of STL in place of an image: $(cat "$scratch/stderr")" compare --a "$scratch/meshes" --b "$s/labels.tif" --out "$scratch/meshed" --iou 0.5 --overlay montage
check "finds what it was made of" test "$(grep -c '^found' "$scratch/meshed/objects.csv")" = "$(($(wc -l <"$s/objects.csv") - 1))"
check "by the classes in its folder" grep -q '^nucleus,0.5,1,1,1,0,0' "$scratch/meshed/classes.csv"
check "and so does its own name" compare --a-meshes "$scratch/meshes" --b-meshes "$scratch/meshes" --voxel-size 30 --out "$scratch/both" --overlay none
refuses "the folder again" 2 "same|overwrit" compare-segmentations --a "$s/labels.tif" --b "$s/labels.tif" --out "$scratch/same"
refuses "one side only" 2 "b is missing|b_meshes" compare-segmentations --a "$s/labels.tif" --out "$scratch/bad"
refuses "grey values" 2 "b: its values look like grey values" compare-segmentations --a "$s/labels.tif" --b "$s/em.tif" --out "$scratch/bad"
refuses "another voxel size" 2 "b has voxels|b_spacing" compare-segmentations --a "$s/labels.tif" --b "$s/labels.tif" --b-spacing 15,16 --out "$scratch/bad"
refuses "a folder without STL" 2 "a_meshes|stl" compare-segmentations --a "$s/boxes" --b "$s/labels.tif" --out "$scratch/bad"
refuses "no folder" 2 "there is no folder" compare-segmentations --a-meshes "$scratch/none" --b "$s/labels.tif" --out "$scratch/bad"
refuses "an overlap of 0" 2 "iou = 0" compare-segmentations --a "$s/labels.tif" --b "$s/labels.tif" --iou 0 --out "$scratch/bad"
mkdir "$scratch/open"
head -c 184 "$scratch/meshes/label_1.stl" | /usr/bin/python3 -c 'import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[:80] + (2).to_bytes(4, "little") + d[84:184])' >"$scratch/open/label_1.stl"
refuses "a surface that is open" 2 "label_1.stl is not closed" compare-segmentations --a "$scratch/open" --b "$s/labels.tif" --out "$scratch/bad"
check "nothing is left of these" test ! -e "$scratch/bad"

fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ ! -x "$fiji" ]; then
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
  finish
  exit 0
fi
cat >"$scratch/it.ijm" <<M
run("Open Sample (Organelles)", "em_size_z=6 em_size_y=220 em_size_x=240 seed=4");
print("sample " + nImages());
open("$s/labels.tif");
run("Compare Segmentations...", "a=labels.tif a_classes=$s/objects.csv b_meshes=$scratch/meshes out=$scratch/macro");
open("$scratch/macro/overlay.tif");
print("overlay " + bitDepth() + " " + nSlices());
M
timeout 300 "$fiji" "$jar" -macro "$scratch/it.ijm" >"$scratch/log" 2>&1
check "the sample opens in ImageJ: $(tail -3 "$scratch/log")" grep -q "sample 2" "$scratch/log"
check "a macro compares an open image with meshes: $(tail -3 "$scratch/log")" test -s "$scratch/macro/classes.csv"
check "ImageJ opens the coloured slices: $(tail -3 "$scratch/log")" grep -q "overlay 24 14" "$scratch/log"
cat >"$scratch/it.groovy" <<G
#@ org.scijava.command.CommandService service
module = service.run("clem.scijava.CompareSegmentationsCommand", true, [a: new File("$scratch/meshes"), b: new File("$s/labels.tif"), iou: "0.5", out: new File("$scratch/groovy")]).get()
println module.cancelReason ?: "COMPARED"
G
timeout 300 "$fiji" "$jar" --run "$scratch/it.groovy" >"$scratch/log" 2>&1
check "Groovy compares files: $(tail -3 "$scratch/log")" grep -q COMPARED "$scratch/log"
check "with the launcher's counts" cmp -s "$scratch/groovy/classes.csv" "$scratch/meshed/classes.csv"
finish
