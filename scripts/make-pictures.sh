#!/usr/bin/env bash
# Makes all pictures of docs/images anew, from the built jar and the built-in samples: what a user sees in ImageJ on a display of its own, and what the command line writes.
#   make-pictures.sh [FOLDER]     FOLDER in place of docs/images
# Needs build/Clem_Reg-VERSION.jar (scripts/build.sh), build/test-java (the compiled Java tests, scripts/test.sh) and a Java that opens windows.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
images=${1:-$root/docs/images}
jar=$(ls "$root"/build/Clem_Reg-*.jar)
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
classes=$root/build/test-java/classes
[ -d "$classes" ] || die "$classes is missing: run scripts/test.sh --filter Nothing first"
install_packages xvfb xdotool openbox imagemagick chromium libij-java python3 python3-numpy python3-tifffile
source "$root/scripts/screen.sh"
work=$(mktemp -d)
trap 'kill $running 2>/dev/null; rm -rf "$work"' EXIT
open_screen "$work" xdotool import convert chromium || die "there is no $missing here"
mkdir -p "$images"
# What is not background, with a margin.
windows() { import -window root "$work/shot.png" && convert "$work/shot.png" -trim +repage -bordercolor '#e8e8e8' -border 8 -resize "$2x>" -quality 84 "$images/$1"; }
alone() { import -window "$(xdotool search --name "$2" | head -1)" "$images/$1"; }
await() { for _ in $(seq 240); do [ -e "$1" ] && return 0; sleep 0.5; done; die "ImageJ did not get so far: $(tail -3 "$work/imagej.log")"; }

# The tutorial, step by step; the macro waits where a picture is taken.
cat >"$work/tutorial.ijm" <<M
function pause(name) {
	File.saveString("", "$work/" + name);
	while (!File.exists("$work/" + name + "-taken")) wait(100);
}
call("ij.gui.ImageWindow.setNextLocation", 20, 110);
run("Open Sample (CLEM)");
selectWindow("sample-em-mask.tif"); setLocation(540, 110);
selectWindow("sample-em.tif"); setLocation(20, 110); setSlice(nSlices / 2);
selectWindow("sample-em-mask.tif"); setSlice(nSlices / 2);
selectWindow("sample-fm.tif"); setLocation(1060, 110); setSlice(nSlices / 2); run("Enhance Contrast", "saturated=0.35");
pause("sample");
run("Register...");
selectWindow("Registered sample-fm.tif");
setLocation(20, 60); setSlice(nSlices / 4);
pause("registered");
M
# A macro of its own may not show a dialog and go on by itself, so Enter is pressed from here.
"$java" -Duser.home="$work/home" -Dplugins.dir="$work/ij" -cp "$ij" ij.ImageJ -macro "$work/tutorial.ijm" >"$work/imagej.log" 2>&1 &
imagej=$! running="$! $running"
await "$work/sample"
sleep 1
windows tutorial-sample.jpg 1400
touch "$work/sample-taken"
window "CLEM-Reg: Register" 60 || die "the dialog of Register did not open"
sleep 2
alone dialog.png "CLEM-Reg: Register"
xdotool windowactivate --sync "$(xdotool search --name "CLEM-Reg: Register" | head -1)" key Return
await "$work/registered"
sleep 1
import -window "$(xdotool search --name "^Registered sample-fm" | head -1)" "$work/registered.png"
convert "$work/registered.png" -resize '900x>' -quality 86 "$images/tutorial-registered.jpg"
touch "$work/registered-taken"
kill $imagej

# The same on files: overview and report.
clemreg=$root/scripts/clemreg
"$clemreg" simulate --kind clem --seed 1 --out "$work/sample-files" >/dev/null 2>&1
"$clemreg" register --moving "$work/sample-files/fm.tif" --fixed "$work/sample-files/em.tif" --fixed-mask "$work/sample-files/em_labels.tif" --out "$work/result" >/dev/null 2>&1
convert "$work/result/overlay.png" -resize '1400x>' -quality 82 "$images/overlay.jpg"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1300,1050 --virtual-time-budget=4000 --user-data-dir="$work/chromium" --screenshot="$work/report.png" "file://$work/result/report.html" >/dev/null 2>&1
convert "$work/report.png" -quality 82 "$images/tutorial-report.jpg"

# Cells.
"$clemreg" simulate --kind cells --seed 1 --set sections=9 --out "$work/cells" >/dev/null 2>&1
"$clemreg" detect-cells --image "$work/cells/sections.tif" --out "$work/cells-found" >/dev/null 2>&1
convert "$work/cells-found/overlay.png" -resize '900x>' -quality 78 "$images/cells.jpg"

cat >"$work/cells.ijm" <<'M'
run("Open Sample (Cells)");
close("sample-section-labels.tif");
selectWindow("sample-boxes"); run("Close");
selectWindow("Log"); run("Close");
selectWindow("sample-sections.tif"); setLocation(20, 110);
run("Detect Cells...");
M
"$java" -Duser.home="$work/home" -Dplugins.dir="$work/ij" -cp "$ij" ij.ImageJ -macro "$work/cells.ijm" >"$work/imagej.log" 2>&1 &
imagej=$! running="$! $running"
window "CLEM-Reg: Detect cells" 60 || die "the dialog of Detect Cells did not open"
sleep 2
# The box Preview.
xdotool mousemove --window "$(xdotool search --name "CLEM-Reg: Detect cells" | head -1)" 17 260 click 1
sleep 5
windows cells-preview.jpg 1400
kill $imagej

# Organelles.
"$clemreg" simulate --kind organelles --seed 1 --out "$work/organelles" >/dev/null 2>&1
"$clemreg" segment-organelles --image "$work/organelles/em.tif" --boxes "$work/organelles/boxes" --minimum-size 500 --out "$work/organelles-found" >/dev/null 2>&1
convert "$work/organelles-found/overlay.png" -resize '900x>' -quality 78 "$images/organelles.jpg"
"$clemreg" mesh --labels "$work/organelles-found/labels.tif" --classes "$work/organelles-found/classes.csv" --out "$work/organelle-meshes" >/dev/null 2>&1
chromium --headless --no-sandbox --use-gl=swiftshader --enable-unsafe-swiftshader --hide-scrollbars --window-size=1200,800 --virtual-time-budget=6000 --user-data-dir="$work/chromium" --screenshot="$work/view.png" "file://$work/organelle-meshes/view.html" >/dev/null 2>&1
convert "$work/view.png" -quality 82 "$images/organelles-view.jpg"

# The preview of Segment EM.
"$clemreg" simulate --kind clem --seed 1 --set em_size_z=80 --set em_size_y=400 --set em_size_x=400 --out "$work/small" >/dev/null 2>&1
cp "$root/tests/ClemReg.Algorithms.Tests/golden/inference/dark.onnx" "$work"
mkdir "$work/shots"
timeout 300 "$java" -Duser.home="$work/home" -Dplugins.dir="$work/ij" -cp "$classes:$ij" clem.ij.PreviewUse "$work/small/em.tif" "$work/dark.onnx" "$work/shots" >"$work/imagej.log" 2>&1 || die "the preview: $(tail -3 "$work/imagej.log")"
convert "$work/shots/preview.png" -crop 1240x545+10+150 +repage -trim +repage -quality 84 "$images/preview.jpg"

# Annotation and a project. What is no window gets the background of the other pictures.
mkdir "$work/famous"
/usr/bin/python3 "$root/tests/plugin/famous_stack.py" "$work/famous"
timeout 300 "$java" -Duser.home="$work/home" -Dplugins.dir="$work/ij" -cp "$classes:$jar:$ij" clem.ij.FamousUse "$work/famous/em.tif" "$work/famous/mitochondria" "$work/shots" >"$work/imagej.log" 2>&1 || die "the project: $(tail -3 "$work/imagej.log")"
convert "$work/shots/annotate.png" -flip -fill '#e8e8e8' -draw 'color 2,2 floodfill' -flip +dither -colors 128 "$images/annotate.png"
convert "$work/shots/project.png" "$images/project.png"
ls -l "$images" >&2
