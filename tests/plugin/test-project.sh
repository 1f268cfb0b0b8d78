#!/usr/bin/env bash
# Annotation, datasets and projects: the launcher's files and messages, macro and SciJava command in a headless ImageJ (../shared/imagej), and both windows in an ImageJ with a screen. Screenshots go to build/screenshots-project.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}

/usr/bin/python3 "$root/tests/plugin/famous_stack.py" "$scratch"
em=$scratch/em.tif
mkdir -p "$scratch/boxes"
printf 'mitochondria\nnucleus\n' >"$scratch/boxes/obj.names"
printf 'slice,class,name,x,y,width,height,score\n3,0,mitochondria,10,20,40,30,1\n3,1,nucleus,100,50,80,90,1\n31,0,mitochondria,60,70,20,20,0.7\n58,1,nucleus,5,6,70,80,1\n' >"$scratch/boxes/boxes.csv"
printf 'slice,annotated\n3,1\n20,1\n31,1\n58,1\n' >"$scratch/boxes/slices.csv"

check "propose-slices" "$clemreg" propose-slices --image "$em" --slice-count 5 --slice-choice evenly --out "$scratch/slices.csv"
check "in the middle of five parts: $(tr '\n' ' ' <"$scratch/slices.csv")" test "$(tr '\n' ' ' <"$scratch/slices.csv")" = "slice,annotated 7,0 19,0 31,0 43,0 55,0 "
refuses "no slices" 2 "slice_count|1" propose-slices --image "$em" --slice-count 0 --out "$scratch/x.csv"

d=$scratch/dataset
check "export-dataset" "$clemreg" export-dataset --image "$em" --boxes "$scratch/boxes" --set em_intensity_range=0,6000 --out "$d"
check "its files: $(ls "$d" | tr '\n' ' ')" test "$(ls "$d" | tr '\n' ' ')" = "backup dataset.json dataset.yaml images labels obj.data obj.names train.txt valid.txt yolov4-tiny.cfg yolov4.cfg "
check "a picture, a text beside it and one in labels for each slice" test "$(find "$d/images" -name 'em_z*.png' | wc -l) $(find "$d/images" -name 'em_z*.txt' | wc -l) $(find "$d/labels" -name 'em_z*.txt' | wc -l)" = "4 4 4"
looks() { # the pictures are the slices in 8 bits
  /usr/bin/python3 - "$1" "$em" <<'P'
import glob, struct, sys, zlib
import numpy as np
import tifffile
stack = tifffile.imread(sys.argv[2]).astype("f4")
for file in glob.glob(f"{sys.argv[1]}/images/*/*.png"):
    data, z = open(file, "rb").read(), int(file[-8:-4]) - 1
    width, height = struct.unpack(">2i", data[16:24])
    packed, at = b"", 33
    while at < len(data):
        n = struct.unpack(">i", data[at:at + 4])[0]
        if data[at + 4:at + 8] == b"IDAT": packed += data[at + 8:at + 8 + n]
        at += n + 12
    rows = np.frombuffer(zlib.decompress(packed), "u1").reshape(height, width + 1)
    expected = np.round(255 * np.clip(stack[z] / 6000, 0, 1))
    assert (rows[:, 0] == 0).all() and np.abs(rows[:, 1:] - expected).max() <= 1, (file, np.abs(rows[:, 1:] - expected).max())
P
}
check "the pictures are the slices" looks "$d"
refuses "the folder again" 2 "dataset|overwrit" export-dataset --image "$em" --boxes "$scratch/boxes" --out "$d"
refuses "boxes of another image" 2 "boxes|outside the image of 50 x 40" export-dataset --image "$scratch/small.tif" --boxes "$scratch/boxes" --out "$scratch/bad"
refuses "boxes that are not there" 2 "boxes|nowhere" export-dataset --image "$em" --boxes "$scratch/nowhere" --out "$scratch/bad"
refuses "a side that is no multiple of 32" 2 "network_side = 600" export-dataset --image "$em" --boxes "$scratch/boxes" --network-side 600 --out "$scratch/bad"
printf 'golgi\n' >"$scratch/golgi.names"
refuses "other names" 2 "mitochondria|golgi" export-dataset --image "$em" --boxes "$scratch/boxes/boxes.csv" --names "$scratch/golgi.names" --out "$scratch/bad"
check "nothing is left of them" test ! -e "$scratch/bad"

for from in "$d" "$d/images/train"; do
  check "import-dataset of $(basename "$from")" "$clemreg" import-dataset --dataset "$from" --image "$em" --names "$scratch/boxes/obj.names" --out "$scratch/back-$(basename "$from")"
done
check "the boxes come back" diff <(cut -d, -f1-7 "$scratch/boxes/boxes.csv") <(cut -d, -f1-7 "$scratch/back-dataset/boxes.csv" | sed -E 's/([0-9])\.(99|00)[0-9]*/\1/g')
check "with the annotated slices" cmp "$scratch/boxes/slices.csv" "$scratch/back-dataset/slices.csv"
check "and ROIs: $(unzip -Z1 "$scratch/back-dataset/rois.zip" 2>/dev/null | tr '\n' ' ')" test "$(/usr/bin/python3 -c 'import sys, zipfile; print(sorted(zipfile.ZipFile(sys.argv[1]).namelist()))' "$scratch/back-dataset/rois.zip")" = "['mitochondria 1.roi', 'mitochondria 2.roi', 'nucleus 1.roi', 'nucleus 2.roi']"
check "ROIs are boxes again" "$clemreg" export-dataset --image "$em" --boxes "$scratch/back-dataset/rois.zip" --out "$scratch/by-rois" --dataset-layout ultralytics
refuses "a dataset of another stack" 2 "240 x 200 pixels|50 x 40" import-dataset --dataset "$d" --image "$scratch/small.tif" --out "$scratch/bad"
refuses "no dataset" 2 "dataset|dataset.yaml" import-dataset --dataset "$scratch/boxes" --out "$scratch/bad"

# The written configuration through convert-model, with weights that are all 0.01.
/usr/bin/python3 - "$scratch" <<'P'
import struct, sys
import numpy as np
# 2 classes: the published 6,062,814 weights of 80 classes less two heads of 3 * 78 filters of 512 and 256 inputs and their biases.
count = 6062814 - 3 * 78 * (512 + 256 + 2)
with open(f"{sys.argv[1]}/tiny.weights", "wb") as f:
    f.write(struct.pack("<3iq", 0, 2, 5, 0))
    np.full(count, 0.01, "<f4").tofile(f)
P
check "convert-model reads the written yolov4-tiny.cfg" "$clemreg" convert-model --cfg "$d/yolov4-tiny.cfg" --weights "$scratch/tiny.weights" --names "$d/obj.names" --out "$scratch/tiny.onnx"

p=$scratch/project
check "famous-project new" "$clemreg" famous-project --project "$p" --action new --image "$em" --classes "mitochondria=#33cc4d,nucleus"
refuses "again" 2 "project|holds one" famous-project --project "$p" --action new
cp -r "$scratch/boxes" "$p/boxes"
check "a step is noted" "$clemreg" famous-project --project "$p" --action record --step annotate --step-inputs "image=$em"
"$clemreg" export-dataset --image "$em" --boxes "$p/boxes" --out "$p/dataset" >/dev/null 2>&1
check "another" "$clemreg" famous-project --project "$p" --action record --step export_dataset --step-inputs "image=$em;boxes=$p/boxes"
state() { # STEP STATE
  test "$("$clemreg" famous-project --project "$p" 2>/dev/null | /usr/bin/python3 -c 'import json, sys; print({s["name"]: s["state"] for s in json.load(sys.stdin)["steps"]}[sys.argv[1]])' "$1")" = "$2"
}
check "it is done" state export_dataset done
printf '3,0,mitochondria,1,2,30,40,1\n' >>"$p/boxes/boxes.csv"
check "it is out of date" state export_dataset out_of_date
mkdir "$scratch/moved"
mv "$p" "$scratch/moved/p"; mv "$em" "$scratch/moved/em.tif"
p=$scratch/moved/p em=$scratch/moved/em.tif
check "moved, the stack is found" state stack done
echo '{' >"$p/project.json"
refuses "a damaged project" 2 "project.json|line 2|restore" famous-project --project "$p"
check "the version before comes back" "$clemreg" famous-project --project "$p" --action restore
check "the damaged file is kept" test "$(cat "$p/project.damaged-1.json")" = "{"
refuses "no project" 2 "project|action = new" famous-project --project "$scratch/boxes"

# In the ImageJ of Fiji, without a screen.
fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ -x "$fiji" ]; then
  export JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/prefs"
  run() { timeout 300 "$fiji" "$jar" "$@" >"$scratch/log" 2>&1; }
  cat >"$scratch/project.ijm" <<M
open("$em");
run("Propose Slices...", "image=em.tif slice_count=4 out=$scratch/macro.csv");
run("Export Dataset...", "image=em.tif boxes=$scratch/boxes out=$scratch/macro-dataset dataset_layout=darknet");
run("Import Dataset...", "dataset=$scratch/macro-dataset image=em.tif out=$scratch/macro-boxes");
run("FAMOUS Project...", "project=$scratch/macro-project action=new image=$em");
run("FAMOUS Project...", "project=$scratch/macro-project");
M
  run -macro "$scratch/project.ijm"
  check "macro: $(tail -5 "$scratch/log")" test -s "$scratch/macro.csv" -a -s "$scratch/macro-dataset/obj.data" -a -s "$scratch/macro-boxes/rois.zip" -a -s "$scratch/macro-project/project.json"
  check "the stack of a macro's project is known" grep -q '"path": "../moved/em.tif"' "$scratch/macro-project/project.json"
  echo 'run("Annotate...", "");' >"$scratch/annotate.ijm"
  run -macro "$scratch/annotate.ijm"
  check "Annotate says that it needs a screen: $(tail -3 "$scratch/log")" grep -q "needs a screen" "$scratch/log"
else
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi

# With a screen.
screen screenshots-project || { finish; exit 0; }
timeout 400 "$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$classes:$jar:$ij" clem.ij.FamousUse "$em" "$scratch/used" "$shots" >"$scratch/use.log" 2>&1
check "project, annotation, dataset by hand: $(tail -15 "$scratch/use.log")" test "$(tail -1 "$scratch/use.log")" = USED
for s in project-new annotate-boxes project-out-of-date; do check "screenshot $s" test -s "$shots/$s.png"; done
finish
