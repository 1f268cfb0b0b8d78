# Shared by the tests of the plugin as its users reach it. Each check is one test; the last line is 'N passed, N failed, N skipped'.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
clemreg=$root/scripts/clemreg
jar=$(ls "$root"/build/Clem_Reg-*.jar)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# No test looks into the user's own models folder.
export CLEMREG_MODELS_FOLDER=$scratch/models
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED $*"; }
skip() { skipped=$((skipped + 1)); echo "skipped $*"; }
check() { # NAME COMMAND...: passes when the command does
  local name=$1
  shift
  if "$@"; then ok; else bad "$name"; fi
}
finish() { echo "$passed passed, $failed failed, $skipped skipped"; }

# A small sample that all tests of a script share.
sample() { "$clemreg" simulate --kind clem --seed 1 --set em_size_z=80 --set em_size_y=400 --set em_size_x=400 --out "$scratch/sample" >/dev/null 2>&1; }

# Boxes of the sample's true mitochondria, a few pixels wider: boxes.csv and a folder of YOLO texts beside it, and boxes.zip, ImageJ's ROIs.
sample_boxes() {
  /usr/bin/python3 - "$scratch/sample" <<'P'
import os, struct, sys, zipfile
import numpy as np
import tifffile
folder = sys.argv[1]
labels = tifffile.imread(folder + "/em_labels.tif").astype(int)
depth, height, width = labels.shape
os.makedirs(folder + "/boxes", exist_ok=True)
open(folder + "/boxes/obj.names", "w").write("mitochondria\n")
table = open(folder + "/boxes.csv", "w")
table.write("slice,class,name,x,y,width,height,score\n")
rois = zipfile.ZipFile(folder + "/boxes.zip", "w")
count = 0
for z in range(depth):
    text = open(folder + "/boxes/slice_%04d.txt" % (z + 1), "w")
    for label in np.unique(labels[z])[1:]:
        y, x = np.nonzero(labels[z] == label)
        if len(y) < 20:
            continue
        x0, y0, x1, y1 = max(0, x.min() - 2), max(0, y.min() - 2), min(width, x.max() + 3), min(height, y.max() + 3)
        table.write("%d,0,mitochondria,%d,%d,%d,%d,1\n" % (z + 1, x0, y0, x1 - x0, y1 - y0))
        text.write("0 %.6f %.6f %.6f %.6f\n" % ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height))
        count += 1
        # ImageJ's format: magic, version, type (1: rectangle), top, left, bottom, right; the position at 56.
        header = b"Iout" + struct.pack(">hBBhhhh", 227, 1, 0, y0, x0, y1, x1)
        rois.writestr("mitochondria %d.roi" % count, header.ljust(56, b"\0") + struct.pack(">ii", z + 1, 0))
rois.close()
P
}

# Runs the launcher; the exit code must be the given one, and each of the words must stand on stderr, without a stack trace.
refuses() { # NAME CODE WORDS(|) ARGUMENTS...
  local name=$1 code=$2 words=$3 actual word
  shift 3
  "$clemreg" "$@" >"$scratch/stdout" 2>"$scratch/stderr"
  actual=$?
  if [ $actual != "$code" ]; then bad "$name: exit $actual instead of $code: $(cat "$scratch/stderr")"; return; fi
  if grep -qE '^\s+at |Exception' "$scratch/stderr"; then bad "$name: a stack trace: $(cat "$scratch/stderr")"; return; fi
  local IFS='|'
  for word in $words; do
    if ! grep -qiF -- "$word" "$scratch/stderr"; then bad "$name: the message lacks '$word': $(cat "$scratch/stderr")"; return; fi
  done
  ok
}

# Serves the sample .pth of MitoNet's kind on this machine, and lists it under the name mitonet in a models folder of the test's own.
serve_model() {
  export no_proxy=127.0.0.1
  mkdir -p "$scratch/web" "$CLEMREG_MODELS_FOLDER"
  cp "$root/tests/ClemReg.Algorithms.Tests/golden/mitonet/fused.pth" "$scratch/web"
  /usr/bin/python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$scratch/web" >"$scratch/web.log" 2>&1 &
  web=$!
  for _ in $(seq 100); do grep -q port "$scratch/web.log" && break; sleep 0.1; done
  cat >"$CLEMREG_MODELS_FOLDER/models.json" <<J
{ "models": [
  { "name": "mitonet", "title": "A small MitoNet", "description": "Random weights, for tests.",
    "url": "http://127.0.0.1:$(sed -nE 's/.* port ([0-9]+) .*/\1/p' "$scratch/web.log")/fused.pth",
    "sha256": "$(sha256sum "$scratch/web/fused.pth" | cut -d' ' -f1)", "size": $(stat -c %s "$scratch/web/fused.pth"),
    "licence": { "name": "CC0", "url": "https://creativecommons.org/publicdomain/zero/1.0/" }, "citation": "Nobody (2026)", "convert": true }
] }
J
}

source "$root/scripts/screen.sh"
# A screen of the test's own (scripts/screen.sh), with $scratch as its folder and an empty folder $shots for screenshots. Says that it skips, and returns 1, where a program is missing.
screen() { # SHOTS PROGRAM...
  shots=$root/build/$1
  shift
  trap 'kill $running 2>/dev/null; rm -rf "$scratch"' EXIT
  open_screen "$scratch" "$@" || { skip "windows: no $missing here"; return 1; }
  rm -rf "$shots"
  mkdir -p "$shots"
}
