#!/usr/bin/env bash
# A robot walks each workflow from the menu to the saved result with the mouse and the keyboard alone, in ImageJ 1.53t (Debian's) and 1.54p (../shared/imagej), at 100 % and 200 % of ImageJ's scale. It opens each dialog, and
# nothing may be cut off. What the Recorder wrote is run again without windows, in the same ImageJ, and must give the same bytes. Screenshots go to build/walk.
#   test-walk.sh [FOLDER]     FOLDER with the compiled Java tests (build/test-java)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
screen walk || { finish; exit 0; }
mkdir -p "$scratch/models"
golden=$root/tests/ClemReg.Algorithms.Tests/golden
cp "$golden/inference/dark.onnx" "$scratch/models"
check "a network" "$clemreg" convert-model --cfg "$golden/yolo/small.cfg" --weights "$golden/yolo/small.weights" --out "$scratch/models/yolo.onnx"

walk() { # VERSION JAR SCALE PART...
  local home=$scratch/home-$1-$3 saved=$scratch/saved-$1-$3 log=$scratch/walk-$1-$3.log version=$1 ij=$2 scale=$3
  shift 3
  mkdir -p "$home/.imagej" "$saved" "$shots/$version-$scale"
  echo ".gui.scale=$scale" >"$home/.imagej/IJ_Prefs.txt"
  timeout 600 "$java" -XX:+IgnoreUnrecognizedVMOptions --add-opens=java.desktop/java.awt=ALL-UNNAMED --add-opens=java.desktop/sun.awt.X11=ALL-UNNAMED -Duser.home="$home" -Dplugins.dir="$scratch/ij" -cp "$classes:$ij" \
    clem.ij.WalkUse "$scratch/models" "$saved" "$shots/$version-$scale" "$@" >"$log" 2>&1
  check "the walk in ImageJ $version at $scale: $(grep -v ^CUT "$log" | tail -15)" test "$(tail -1 "$log")" = USED
  check "nothing is cut off in ImageJ $version at $scale: $(grep ^CUT "$log" | head -20)" bash -c '! grep -q ^CUT "$1"' _ "$log"
}

# Runs what was recorded, without windows, and compares each file: the same bytes, but for the times and the memory of the run that run.json and report.html tell.
untimed() { sed -E 's/"((total_)?seconds|peak_memory_mb)": ?[0-9.]+//g; s/"made": ?"[^"]*"//' "$1"; }
same() { # FOLDER FOLDER
  local file
  diff -rq -x run.json -x report.html -x recorded.ijm "$1" "$2" || return 1
  while read -r file; do
    cmp <(untimed "$1/$file") <(untimed "$2/$file") || { echo "$file"; return 1; }
  done < <(cd "$1" && find . -name run.json -o -name report.html)
}
again() { # VERSION SCALE COMMAND...
  local saved=$scratch/saved-$1-$2 again=$scratch/again-$1-$2 macro=$scratch/again-$1-$2.ijm name="$1, $2" differs
  shift 2
  mkdir -p "$again"
  sed "s,$saved,$again,g" "$saved/recorded.ijm" >"$macro"
  timeout 300 "$@" "$macro" >"$again.log" 2>&1
  if differs=$(same "$saved" "$again" 2>&1) && [ "$(find "$saved" -type f | wc -l)" -gt 20 ]; then ok; else bad "the recorded macro gives the same files, $name: $differs: $(tail -5 "$again.log")"; fi
}

old=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
new=$(ls "${CLEMREG_IMAGEJ:-$root/../shared/imagej}"/jars/ij-*.jar 2>/dev/null | head -1)
all="cells organelles clem dialogs"
walk 1.53t "$old" 1.0 $all
# Without any screen this ImageJ cannot start; -batch shows no window.
again 1.53t 1.0 "$java" -Duser.home="$scratch/home-1.53t-1.0" -Dplugins.dir="$scratch/ij" -cp "$old" ij.ImageJ -batch
walk 1.53t-project "$old" 1.0 famous
walk 1.53t "$old" 2.0 dialogs
if [ -n "$new" ]; then
  walk 1.54p "$new" 1.0 dialogs
  walk 1.54p "$new" 2.0 $all auto
  again 1.54p 2.0 env JAVA="$java" JAVA_OPTS="-Duser.home=$scratch/home-1.54p-2.0 -Djava.util.prefs.userRoot=$scratch/prefs" "$(dirname "$(dirname "$new")")/fiji-like" "$jar" -macro
else
  skip "ImageJ 1.54p: there is none (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi
finish
