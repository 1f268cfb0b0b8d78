#!/usr/bin/env bash
# A plain ImageJ (Debian's, no SciJava) with a screen: menu, dialogs, the registration as a user makes it. Screenshots go to
# build/screenshots. Needs a Java that opens windows.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
screen screenshots xdotool || { finish; exit 0; }
shot() { import -window root "$shots/$1.png" 2>/dev/null; }

# The dialog's own tests.
"$java" -Duser.home="$scratch/home" -Dclemreg.test.dialogs=only -Dclemreg.repo="$root" -cp "$classes:$jar:$ij:$root/build/java/tools" clem.test.AllTests >"$scratch/dialogs" 2>&1
grep -A8 FAILED "$scratch/dialogs"
check "dialog tests: $(tail -1 "$scratch/dialogs")" grep -qE '^[1-9][0-9]* passed, 0 failed' "$scratch/dialogs"

# The user's way: open the sample, Register..., OK, look.
cat >"$scratch/use.ijm" <<M
run("Open Sample (CLEM)");
run("Register...");
print("REGISTERED " + nImages + " images");
selectWindow("Log");
saveAs("Text", "$scratch/log.txt");
M
"$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$ij" ij.ImageJ -macro "$scratch/use.ijm" >"$scratch/imagej.log" 2>&1 &
imagej=$! running="$! $running"
check "the dialog opens" window "Register" 90
sleep 2
shot dialog
dialog=$(xdotool search --name "Register" | head -1)
[ -n "$dialog" ] && import -window "$dialog" "$shots/dialog-alone.png" 2>/dev/null
xdotool windowactivate --sync "$dialog" key Return 2>/dev/null
check "the registered image opens" window "Registered" 120
for _ in $(seq 60); do [ -s "$scratch/log.txt" ] && break; sleep 0.5; done
sleep 2
shot registered
check "the macro goes on: $(tail -3 "$scratch/log.txt" 2>/dev/null)" grep -q "REGISTERED" "$scratch/log.txt"
check "no trace in the log" bash -c '! grep -qE "^\s+at " "$1" "$2"' _ "$scratch/log.txt" "$scratch/imagej.log"
kill $imagej 2>/dev/null

# About and the self-test, as the menu opens them.
cat >"$scratch/help.ijm" <<'M'
run("About CLEM-Reg...");
doCommand("CLEM-Reg Self-Test");
M
"$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$ij" ij.ImageJ -macro "$scratch/help.ijm" >"$scratch/imagej-help.log" 2>&1 &
imagej=$! running="$! $running"
check "About opens" window "About CLEM-Reg" 90
check "the self-test's window opens" window "CLEM-Reg Self-Test" 180
sleep 1
shot self-test
for title in "CLEM-Reg Self-Test" "About CLEM-Reg"; do
  xdotool windowactivate --sync "$(xdotool search --name "$title" | head -1)" 2>/dev/null
  shot "${title// /-}"
  xdotool key Escape
  for _ in $(seq 20); do xdotool search --name "$title" >/dev/null 2>&1 || break; sleep 0.3; done
  check "Esc closes '$title'" bash -c '! xdotool search --name "$1" >/dev/null 2>&1' _ "$title"
done
kill $imagej 2>/dev/null

# Segment EM and Segment Fluorescence with their previews, on another ImageJ.
check "sample" sample
cp "$root/tests/ClemReg.Algorithms.Tests/golden/inference/dark.onnx" "$scratch"
timeout 300 "$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$classes:$ij" clem.ij.PreviewUse "$scratch/sample/em.tif" "$scratch/dark.onnx" "$shots" "$scratch/sample/fm.tif" >"$scratch/preview.log" 2>&1
check "preview, threshold, segmentation: $(tail -15 "$scratch/preview.log")" test "$(tail -1 "$scratch/preview.log")" = USED
for s in preview preview-0.9 segmented fluorescence-preview; do check "screenshot $s" test -s "$shots/$s.png"; done

# What the workflows cannot use.
mkdir -p "$scratch/bad"
timeout 300 "$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$classes:$ij" clem.ij.BadInputUse "$scratch/bad" "$shots" >"$scratch/bad.log" 2>&1
check "bad input: $(tail -15 "$scratch/bad.log")" test "$(tail -1 "$scratch/bad.log")" = USED

# A model: the window, the licence, the download, the converted file.
serve_model
running="$web $running"
cat >"$scratch/model.ijm" <<M
run("Download Model...");
print("BACK FROM THE WINDOW");
selectWindow("Log");
saveAs("Text", "$scratch/model-log.txt");
M
"$java" -Duser.home="$scratch/home" -Dplugins.dir="$scratch/ij" -cp "$ij" ij.ImageJ -macro "$scratch/model.ijm" >"$scratch/imagej-model.log" 2>&1 &
imagej=$! running="$! $running"
check "the download window opens" window "Download Model" 90
sleep 2
shot models
models=$(xdotool search --name "Download Model" | head -1)
[ -n "$models" ] && import -window "$models" "$shots/models-alone.png" 2>/dev/null
xdotool windowactivate --sync "$models" key Return 2>/dev/null
sleep 2
shot licence
# Cancel is what Enter would press; the button before it accepts.
xdotool key shift+Tab space
for _ in $(seq 60); do [ -s "$CLEMREG_MODELS_FOLDER/mitonet.onnx" ] && break; sleep 0.5; done
check "the model is there" test -s "$CLEMREG_MODELS_FOLDER/mitonet.onnx"
sleep 2
shot downloaded
xdotool windowactivate --sync "$models" key Escape 2>/dev/null
for _ in $(seq 60); do [ -s "$scratch/model-log.txt" ] && break; sleep 0.5; done
check "Esc closes the window: $(tail -3 "$scratch/model-log.txt" 2>/dev/null)" grep -q "BACK FROM THE WINDOW" "$scratch/model-log.txt"
check "the log has the citation" grep -q "Nobody (2026)" "$scratch/model-log.txt"
for s in dialog registered self-test models licence downloaded; do check "screenshot $s" test -s "$shots/$s.png"; done
finish
