#!/usr/bin/env bash
# Detect Cells and Track Cells: the launcher's files and messages; macro, Groovy and SciJava commands in a real headless ImageJ (../shared/imagej); dialog, preview and ROI manager in an
# ImageJ with a screen. Screenshots go to build/screenshots-cells.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
out=$scratch/out

# Four sections: cells of about 30 pixels that last for two to four of them, one dim, on a sloping background with noise; calibrated 0.2 um, 0.1 um apart. And what cannot be used.
/usr/bin/python3 - "$scratch" <<'P'
import sys
import numpy as np
import tifffile
rng = np.random.default_rng(1)
y, x = np.mgrid[:256, :320]
sections = []
for z in range(4):
    image = 60 + 0.1 * x + rng.normal(0, 8, x.shape)
    for cy, cx, r, bright, first, last in ((50, 60, 16, 120, 0, 3), (60, 180, 14, 150, 0, 1), (150, 90, 18, 100, 1, 3), (170, 230, 15, 140, 0, 3), (110, 270, 13, 130, 2, 3), (210, 150, 15, 30, 0, 3)):
        if first <= z <= last:
            d = np.hypot(y - cy - z, x - cx)
            image += bright * ((d < r) & (d > 0.35 * r))
    sections.append(np.clip(image, 0, 255))
stack = np.array(sections)
def save(name, image, **more):
    tifffile.imwrite(f"{sys.argv[1]}/{name}", image, imagej=True, resolution=(5, 5), metadata={"unit": "um", "spacing": 0.1, "axes": "ZYX" if image.ndim == 3 and image.shape[-1] > 3 else "YX" if image.ndim == 2 else "YXS"}, **more)
save("cells.tif", stack.astype("u1"))
save("words.tif", stack.astype("u1").astype("u2"))
save("one.tif", stack[0].astype("u1"))
save("black.tif", np.zeros((2, 64, 64), "u1"))
save("white.tif", np.full((2, 64, 64), 255, "u1"))
save("pixel.tif", np.full((1, 1), 7, "u1"))
save("rgb.tif", np.zeros((64, 64, 3), "u1"))
nan = stack.astype("f4")
nan[1, 3, 4] = np.nan
save("nan.tif", nan)
tifffile.imwrite(f"{sys.argv[1]}/uncalibrated.tif", stack[0].astype("u1"))
with tifffile.TiffWriter(f"{sys.argv[1]}/sizes.tif") as file:
    for side in (64, 80):
        file.write(stack[0, :side, :side].astype("u1"))
P

check "detect-cells" "$clemreg" detect-cells --image "$scratch/cells.tif" --out "$out" --threads 1
check "its files" test "$(cd "$out" && ls | tr '\n' ' ')" = "boxes.csv labels.tif overlay.png rois.zip run.json "
check "the header" test "$(head -1 "$out/boxes.csv")" = "slice,x,y,width,height,score,cell"
agree() { # DIR: boxes, labels and ROIs are of the same cells, and the bright ones are there
  /usr/bin/python3 - "$1" <<'P'
import csv, json, struct, sys, zipfile
import numpy as np
import tifffile
folder = sys.argv[1]
rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(open(f"{folder}/boxes.csv"))]
labels = tifffile.imread(f"{folder}/labels.tif")
for row in rows:
    ys, xs = np.nonzero(labels[int(row["slice"]) - 1] == row["cell"])
    assert (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1) == (row["x"], row["y"], row["width"], row["height"]), row
assert sum(len(np.unique(s)) - 1 for s in labels) == len(rows)
rois = zipfile.ZipFile(f"{folder}/rois.zip")
assert len(rois.namelist()) == len(rows)
for name, row in zip(rois.namelist(), rows):
    data = rois.read(name)
    top, left, bottom, right = struct.unpack(">4h", data[8:16])
    assert (left, top, right - left, bottom - top) == (row["x"], row["y"], row["width"], row["height"]), name
    assert name.startswith(f"cell {row['cell']:.0f}") and f"({row['score']:.2f})" in name, name
    header = struct.unpack(">i", data[60:64])[0]
    position, c, z = struct.unpack(">i", data[56:60])[0], *struct.unpack(">2i", data[header + 4:header + 12])
    assert row["slice"] in (position, z), (name, position, z)
for cy, cx, first, last in ((50, 60, 0, 3), (60, 180, 0, 1), (150, 90, 1, 3), (170, 230, 0, 3), (110, 270, 2, 3)):
    for z in range(first, last + 1):
        near = [r for r in rows if r["slice"] == z + 1 and abs(r["x"] + r["width"] / 2 - cx) < 6 and abs(r["y"] + r["height"] / 2 - cy - z) < 6 and 20 < r["width"] < 44]
        assert len(near) == 1, (cy, cx, z, near)
run = json.load(open(f"{folder}/run.json"))
assert run["image"] == "cells.tif" and run["parameters"]["cell_method"] == "outlines", run
P
}
check "boxes, labels and ROIs agree" agree "$out"
check "a picture" test "$(head -c 4 "$out/overlay.png" | tail -c 3)" = PNG
"$clemreg" detect-cells --image "$scratch/cells.tif" --out "$scratch/out2" --threads 3 >/dev/null 2>&1
check "the same with any threads" diff -r "$out" "$scratch/out2"
check "16 bit" "$clemreg" detect-cells --image "$scratch/words.tif" --out "$scratch/words"
check "has the same cells" cmp "$out/boxes.csv" "$scratch/words/boxes.csv"
check "one section" "$clemreg" detect-cells --image "$scratch/one.tif" --cell-minimum-diameter 3 --cell-maximum-diameter 12 --cell-diameter-unit um --out "$scratch/one"
check "diameters of zero" "$clemreg" detect-cells --image "$scratch/cells.tif" --cell-minimum-diameter 0 --cell-maximum-diameter 0 --out "$scratch/zero"
check "leave the choice to the image" cmp "$out/boxes.csv" "$scratch/zero/boxes.csv"
check "without a pixel size" "$clemreg" detect-cells --image "$scratch/uncalibrated.tif" --out "$scratch/uncalibrated"
check "the published method" "$clemreg" detect-cells --image "$scratch/one.tif" --cell-method published --set published_scale=auto --out "$scratch/published"
check "finds cells" test "$(wc -l <"$scratch/published/boxes.csv")" -gt 3
check "black sections" "$clemreg" detect-cells --image "$scratch/black.tif" --out "$scratch/black"
check "have none" test "$(wc -l <"$scratch/black/boxes.csv")" = 1
"$clemreg" detect-cells --image "$scratch/white.tif" --out "$scratch/white" >/dev/null 2>"$scratch/stderr"
check "saturated ones are told: $(cat "$scratch/stderr")" grep -q "saturated" "$scratch/stderr"
check "one pixel" "$clemreg" detect-cells --image "$scratch/pixel.tif" --out "$scratch/pixel"
refuses "colour" 2 "image|RGB" detect-cells --image "$scratch/rgb.tif" --out "$scratch/bad"
refuses "NaN" 2 "image|slice 2|x = 4, y = 3" detect-cells --image "$scratch/nan.tif" --out "$scratch/bad"
refuses "sections of different sizes" 2 "image: the pages of|page 1 is 64 x 64|page 2 is 80 x 80" detect-cells --image "$scratch/sizes.tif" --out "$scratch/bad"
refuses "a negative diameter" 2 "cell_minimum_diameter = -1" detect-cells --image "$scratch/one.tif" --cell-minimum-diameter -1 --out "$scratch/bad"
refuses "a diameter larger than the image" 2 "cell_maximum_diameter = 400|320 px" detect-cells --image "$scratch/one.tif" --cell-maximum-diameter 400 --out "$scratch/bad"
refuses "least above largest" 2 "cell_maximum_diameter = 20|cell_minimum_diameter = 30" detect-cells --image "$scratch/one.tif" --cell-minimum-diameter 30 --cell-maximum-diameter 20 --out "$scratch/bad"
refuses "micrometres without a pixel size" 2 "cell_diameter_unit|image_spacing" detect-cells --image "$scratch/uncalibrated.tif" --cell-minimum-diameter 5 --cell-diameter-unit um --out "$scratch/bad"
refuses "no image" 2 "image is missing" detect-cells --out "$scratch/bad"
check "nothing left behind" test -z "$(ls -d "$scratch"/bad* 2>/dev/null)"

check "track-cells" "$clemreg" track-cells --image "$scratch/cells.tif" --track-align none --out "$scratch/tracks"
check "its files" test "$(cd "$scratch/tracks" && ls | tr '\n' ' ')" = "boxes.csv labels.tif overlay.png rois.zip run.json tracks.csv "
check "boxes, labels and ROIs agree" agree "$scratch/tracks"
followed() {
  /usr/bin/python3 - "$1" <<'P'
import csv, sys
tracks = list(csv.DictReader(open(f"{sys.argv[1]}/tracks.csv")))
for cy, cx, first, last in ((50, 60, 0, 3), (60, 180, 0, 1), (150, 90, 1, 3), (170, 230, 0, 3), (110, 270, 2, 3)):
    near = [t for t in tracks if abs(float(t["centre_x"]) - cx) < 6 and abs(float(t["centre_y"]) - cy) < 8]
    assert len(near) == 1 and (int(near[0]["first"]), int(near[0]["last"])) == (first + 1, last + 1), (cy, cx, near)
P
}
check "each cell is one track" followed "$scratch/tracks"
check "corrected ROIs" "$clemreg" track-cells --image "$scratch/cells.tif" --boxes "$out/rois.zip" --track-align none --out "$scratch/tracks-rois"
check "each is one track" followed "$scratch/tracks-rois"
check "a table with its labels" "$clemreg" track-cells --image "$scratch/cells.tif" --boxes "$out/boxes.csv" --labels "$out/labels.tif" --track-align none --out "$scratch/tracks-csv"
check "gives what the ROIs give" cmp "$scratch/tracks-rois/labels.tif" "$scratch/tracks-csv/labels.tif"
check "aligned sections" "$clemreg" track-cells --image "$scratch/cells.tif" --out "$scratch/tracks-aligned"
check "tell how they were moved" grep -q '"alignment"' "$scratch/tracks-aligned/run.json"
refuses "boxes of another image" 2 "boxes|outside the image" track-cells --image "$scratch/one.tif" --boxes "$out/boxes.csv" --out "$scratch/bad"

# Each step of the published method alone; the pixel size stays, and stays unknown.
for step in bm3d rolling_ball clahe negative_log; do check "filter-sections: $step" "$clemreg" filter-sections --source "$scratch/cells.tif" --section-filter $step --out "$scratch/$step.tif"; done
for step in markers watershed; do check "filter-sections: $step" "$clemreg" filter-sections --source "$scratch/negative_log.tif" --section-filter $step --out "$scratch/$step.tif"; done
check "filter-sections: one section without a pixel size" "$clemreg" filter-sections --source "$scratch/uncalibrated.tif" --out "$scratch/unknown.tif"
check "what the steps give" /usr/bin/python3 - "$scratch" <<'P'
import sys
import numpy as np
import tifffile
def image(name):
    with tifffile.TiffFile(f"{sys.argv[1]}/{name}.tif") as file:
        return file.asarray(), file.imagej_metadata.get("unit"), file.pages[0].tags["XResolution"].value
cells = image("cells")[0].astype(float)
for name in ("bm3d", "rolling_ball", "clahe", "negative_log", "markers", "watershed"):
    pixels, unit, (n, d) = image(name)
    assert pixels.shape == cells.shape and "m" in unit and abs(n / d - 5) < 1e-3, (name, pixels.shape, unit, n / d)
assert image("rolling_ball")[0].dtype == np.uint8 and image("rolling_ball")[0].mean() < cells.mean() / 2
assert image("bm3d")[0][:, :20, :20].std() < cells[:, :20, :20].std() / 2
assert 0 <= image("clahe")[0].min() and image("clahe")[0].max() == 1
markers, regions = image("markers")[0], image("watershed")[0]
assert 0 < (markers > 0).mean() < 0.5 and regions.max() < markers.max() and regions[0, 60, 182] > 0
with tifffile.TiffFile(f"{sys.argv[1]}/unknown.tif") as file:
    assert file.imagej_metadata.get("unit") in (None, "pixel"), file.imagej_metadata
P
refuses "a ball of nothing" 2 "published_ball_radius = 0|above 0" filter-sections --source "$scratch/cells.tif" --set published_ball_radius=0 --out "$scratch/bad.tif"
refuses "a step that there is not" 2 "section_filter = blur|rolling_ball" filter-sections --source "$scratch/cells.tif" --section-filter blur --out "$scratch/bad.tif"
refuses "a section with NaN to filter" 2 "source|slice 2 at x = 4" filter-sections --source "$scratch/nan.tif" --out "$scratch/bad.tif"
refuses "a colour image to filter" 2 "source|RGB" filter-sections --source "$scratch/rgb.tif" --out "$scratch/bad.tif"
refuses "no ROIs" 2 "boxes|none.zip" track-cells --image "$scratch/cells.tif" --boxes "$scratch/none.zip" --out "$scratch/bad"

# In the ImageJ of Fiji, without a screen.
fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ -x "$fiji" ]; then
  export JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/prefs"
  run() { timeout 300 "$fiji" "$jar" "$@" >"$scratch/log" 2>&1; }
  cat >"$scratch/cells.ijm" <<M
open("$scratch/cells.tif");
run("Detect Cells...", "image=cells.tif cell_score=0.3 out=$scratch/macro");
selectWindow("cells.tif");
print("CELLS " + Overlay.size);
run("Track Cells...", "image=cells.tif roi_manager track_align=none out=$scratch/macro-tracks");
selectWindow("cells.tif");
print("IMAGES " + nImages);
M
  run -macro "$scratch/cells.ijm"
  check "macro: $(tail -5 "$scratch/log")" test -s "$scratch/macro/rois.zip" -a -s "$scratch/macro-tracks/tracks.csv"
  check "the cells lie over the image: $(tail -5 "$scratch/log")" grep -q "CELLS $(($(wc -l <"$scratch/macro/boxes.csv") - 1))\$" "$scratch/log"
  check "as many are followed" cmp <(wc -l <"$scratch/macro/boxes.csv") <(wc -l <"$scratch/macro-tracks/boxes.csv")
  cat >"$scratch/cells.groovy" <<G
#@ org.scijava.command.CommandService service
service.run("clem.scijava.DetectCellsCommand", true, [image: new File("$scratch/cells.tif"), cell_score: 0.3d, out: new File("$scratch/groovy")]).get()
service.run("clem.scijava.TrackCellsCommand", true, [image: new File("$scratch/cells.tif"), boxes: new File("$scratch/groovy/rois.zip"), track_align: "none", out: new File("$scratch/groovy-tracks")]).get()
G
  run --run "$scratch/cells.groovy"
  check "Groovy: $(tail -5 "$scratch/log")" cmp "$scratch/groovy/boxes.csv" "$scratch/macro/boxes.csv"
  check "and its tracks" test -s "$scratch/groovy-tracks/tracks.csv"
else
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi

# With a screen.
screen screenshots-cells || { finish; exit 0; }
timeout 400 "$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$classes:$ij" clem.ij.CellUse "$scratch/cells.tif" "$shots" >"$scratch/use.log" 2>&1
check "dialog, preview, ROI manager, tracks: $(tail -15 "$scratch/use.log")" test "$(tail -1 "$scratch/use.log")" = USED
for s in cells-preview cells-found cells-tracked; do check "screenshot $s" test -s "$shots/$s.png"; done
finish
