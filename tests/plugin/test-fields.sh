#!/usr/bin/env bash
# simulate --kind cells, Export Fields of View and Evaluate Detection: the launcher's files and messages; macro and Groovy in a real headless ImageJ (../shared/imagej); menu, clicked fiducials and dialogs in an
# ImageJ with a screen. Screenshots go to build/screenshots-fields.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
s=$scratch/s

check "simulate --kind cells" "$clemreg" simulate --kind cells --pattern nuclear --sections 3 --set width=200 --set height=160 --seed 3 --out "$s" --threads 1
check "its files" test "$(cd "$s" && ls | tr '\n' ' ')" = "boxes.csv labels.tif run.json sections.tif truth.json "
check "has cells" test "$(wc -l <"$s/boxes.csv")" -gt 3
"$clemreg" simulate --kind cells --pattern nuclear --sections 3 --set width=200 --set height=160 --seed 3 --out "$scratch/s2" --threads 3 >/dev/null 2>&1
check "the same with any threads" diff -r "$s" "$scratch/s2"
refuses "another kind" 2 "--kind = cell|clem, cells|Did you mean 'cells'" simulate --kind cell --out "$scratch/bad"
refuses "a diameter below two pixels" 2 "diameter = 100" simulate --kind cells --set diameter=100 --out "$scratch/bad"
check "help tells the kinds" grep -q "simulate --kind cells" <("$clemreg" --help)

stage="--stage-x 1000 --stage-y -250 --stage-rotation 30 --flip-y"
check "export-fields" "$clemreg" export-fields --boxes "$s/boxes.csv" --image "$s/sections.tif" --coverage all_cells $stage --out "$scratch/f"
check "its files" test "$(cd "$scratch/f" && ls | tr '\n' ' ')" = "fields.csv fields.json fields.txt overlay.png run.json "
check "a picture" test "$(head -c 4 "$scratch/f/overlay.png" | tail -c 3)" = PNG
placed() { # every field's centre and corners by numpy, and the list
  /usr/bin/python3 - "$1" <<'P'
import csv, sys
import numpy as np
a = np.deg2rad(30)
m = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.diag([0.178, -0.178])
lines = open(f"{sys.argv[1]}/fields.txt").read().split("\n")
for i, row in enumerate(csv.DictReader(open(f"{sys.argv[1]}/fields.csv"))):
    x, y, w, h = (float(row[k]) for k in ("x", "y", "width", "height"))
    want = [m @ [x + (w - 1) / 2, y + (h - 1) / 2]] + [m @ [x - .5 + u * w, y - .5 + v * h] for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
    got = [(row["centre_x_um"], row["centre_y_um"])] + [(row[f"corner_{k}_x_um"], row[f"corner_{k}_y_um"]) for k in (1, 2, 3, 4)]
    assert np.allclose(np.array(want) + [1000, -250], np.array(got, float), atol=2e-3), row
    assert np.allclose([float(v) for v in lines[i].split()], [float(row["centre_x_um"]), float(row["centre_y_um"]), w * .178, h * .178], atol=2e-3)
P
}
check "the stage coordinates" placed "$scratch/f"
check "a label image gives the same fields" "$clemreg" export-fields --boxes "$s/labels.tif" --image "$s/sections.tif" --coverage all_cells $stage --out "$scratch/f2"
check "as its boxes" cmp "$scratch/f/fields.csv" "$scratch/f2/fields.csv"
printf 'pixel_x,pixel_y,stage_x,stage_y\n0,0,0,0\n100,0,17.8,0\n' >"$scratch/two.csv"
refuses "two fiducials" 2 "fiducials = 2 points|three or more" export-fields --boxes "$s/boxes.csv" --fiducials "$scratch/two.csv" --out "$scratch/bad"
printf '200,0,35.6,0\n' >>"$scratch/two.csv"
refuses "fiducials on a line" 2 "on one line" export-fields --boxes "$s/boxes.csv" --fiducials "$scratch/two.csv" --out "$scratch/bad"
refuses "no pixel size" 2 "pixel size is not known|pixel_size" export-fields --boxes "$s/boxes.csv" --out "$scratch/bad"
refuses "a negative margin" 2 "margin = -1" export-fields --boxes "$s/boxes.csv" --image "$s/sections.tif" --margin -1 --out "$scratch/bad"
head -1 "$s/boxes.csv" >"$scratch/empty.csv"
refuses "an empty table" 2 "boxes|holds no cells" export-fields --boxes "$scratch/empty.csv" --image "$s/sections.tif" --out "$scratch/bad"

check "evaluate-detection" "$clemreg" evaluate-detection --detected "$s/boxes.csv" --truth "$s/labels.tif" --annotators "$s/boxes.csv" --annotators "$s/labels.tif" --fields "$scratch/f/fields.csv" --image "$s/sections.tif" --out "$scratch/e"
check "its files" test "$(cd "$scratch/e" && ls | tr '\n' ' ')" = "agreement.csv matches.csv report.json scores.csv "
check "finds itself" grep -q '"f1": 1,' "$scratch/e/report.json"
check "whole fields" grep -q '"covered_share": 1,' "$scratch/e/report.json"
check "by pixels" grep -q '"measured_by": "pixels"' "$scratch/e/report.json"
printf '1,500,10,20,20,1,1\n' | cat "$scratch/empty.csv" - >"$scratch/outside.csv"
refuses "a box outside" 2 "truth|outside.csv|line 2|x 500|200 x 160" evaluate-detection --detected "$s/boxes.csv" --truth "$scratch/outside.csv" --image "$s/sections.tif" --out "$scratch/bad"
"$clemreg" simulate --kind cells --sections 2 --set width=120 --set height=100 --out "$scratch/other" >/dev/null 2>&1
refuses "sections of other sizes" 2 "labels.tif|3 sections of 200 x 160|2 sections of 120 x 100" evaluate-detection --detected "$s/boxes.csv" --truth "$s/labels.tif" --image "$scratch/other/sections.tif" --out "$scratch/bad"
check "nothing left behind" test -z "$(ls -d "$scratch"/bad* 2>/dev/null)"

fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ -x "$fiji" ]; then
  export JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/prefs"
  run() { timeout 300 "$fiji" "$jar" "$@" >"$scratch/log" 2>&1; }
  cat >"$scratch/fields.ijm" <<M
run("Open Sample (Cells)", "pattern=nuclear sections=3 width=200 height=160 seed=3");
selectWindow("sample-sections.tif");
makeSelection("point", newArray(10, 150, 20), newArray(10, 12, 120));
run("Export Fields of View...", "boxes=[$s/boxes.csv] image=sample-sections.tif fiducial_stage=[0,0; 28,0; 0,22] out=$scratch/macro");
selectWindow("sample-sections.tif");
print("FIELDS " + Overlay.size);
run("Evaluate Detection...", "detected=sample-section-labels.tif truth=[$s/boxes.csv] fields=[$scratch/macro/fields.csv] image=sample-sections.tif out=$scratch/macro-evaluation");
M
  run -macro "$scratch/fields.ijm"
  check "macro: $(tail -5 "$scratch/log")" test -s "$scratch/macro/fields.csv" -a -s "$scratch/macro/overlay.png"
  check "the fiducials were taken from the points" grep -q '"fiducial_pixels": "10,10; 150,12; 20,120"' "$scratch/macro/run.json"
  check "fields lie over the image: $(tail -5 "$scratch/log")" grep -Eq "FIELDS [1-9]" "$scratch/log"
  check "an open label image is judged" grep -q '"f1": 1,' "$scratch/macro-evaluation/report.json"
  cat >"$scratch/fields.groovy" <<G
#@ org.scijava.command.CommandService service
service.run("clem.scijava.ExportFieldsCommand", true, [boxes: new File("$s/boxes.csv"), image: new File("$s/sections.tif"), margin: 1d, out: new File("$scratch/groovy")]).get()
service.run("clem.scijava.EvaluateDetectionCommand", true, [detected: new File("$s/boxes.csv"), truth: new File("$s/labels.tif"), fields: new File("$scratch/groovy/fields.csv"), out: new File("$scratch/groovy-evaluation")]).get()
G
  run --run "$scratch/fields.groovy"
  check "Groovy: $(tail -5 "$scratch/log")" test -s "$scratch/groovy/fields.json" -a -s "$scratch/groovy-evaluation/scores.csv"
else
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi

# With a screen.
screen screenshots-fields || { finish; exit 0; }
timeout 400 "$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$classes:$ij" clem.ij.FieldsUse "$s" "$scratch/used" "$shots" >"$scratch/use.log" 2>&1
check "fiducials, dialogs, fields, evaluation: $(tail -15 "$scratch/use.log")" test "$(tail -1 "$scratch/use.log")" = USED
for s in fields-refused fields-dialog fields-exported evaluate-dialog evaluated; do check "screenshot $s" test -s "$shots/$s.png"; done
finish
