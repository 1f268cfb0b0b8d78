#!/usr/bin/env bash
# Models on the command line: an EM volume is segmented, and what was found registers; models that are none are refused; damaged ones never end Java.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=${1:-}
golden=$root/tests/ClemReg.Algorithms.Tests/golden
check "simulate" sample
s=$scratch/sample
cp "$golden/inference/dark.onnx" "$golden/mitonet/fused.pth" "$scratch"

check "segment-em" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/dark" --provider cpu
check "only its files" test "$(cd "$scratch/dark" && ls | tr '\n' ' ')" = "labels.tif mask.tif run.json "
found() { # DIR DICE: labels and mask agree, and overlap with the truth so well
  /usr/bin/python3 - "$1" "$s/em_labels.tif" "$2" <<'P'
import json, sys
import numpy as np
import tifffile
labels, mask, truth = (tifffile.imread(f) for f in (sys.argv[1] + "/labels.tif", sys.argv[1] + "/mask.tif", sys.argv[2]))
assert ((labels > 0) == (mask > 0)).all(), "labels and mask differ"
run = json.load(open(sys.argv[1] + "/run.json"))
assert run["objects"] == len(np.unique(labels)) - 1, "the number of objects"
dice = 2 * ((mask > 0) & (truth > 0)).sum() / ((mask > 0).sum() + (truth > 0).sum())
print(f"Dice {dice:.3f}", file=sys.stderr)
assert dice > float(sys.argv[3])
P
}
check "it finds the sample's mitochondria" found "$scratch/dark" 0.85
check "pieces give the same" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/pieces" --set em_tile=128
same() { /usr/bin/python3 -c 'import sys, tifffile; a, b = (tifffile.imread(f) > 0 for f in sys.argv[1:]); sys.exit(int((a != b).mean() > 1e-3))' "$@"; }
check "but for their edges" same "$scratch/dark/mask.tif" "$scratch/pieces/mask.tif"
check "what was found registers" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$scratch/dark/mask.tif" --out "$scratch/out"
"$clemreg" evaluate-tre --transform "$scratch/out/transform.json" --labels "$s/em_labels.tif" --truth "$s/truth.json" --out "$scratch/tre.json" >/dev/null 2>&1
tre=$(/usr/bin/python3 -c 'import json,sys; print(int(json.load(open(sys.argv[1]))["after"]["mean_nm"]))' "$scratch/tre.json")
check "to $tre nm, below 60" test "$tre" -lt 60

# The probability that Segment EM holds its threshold against, of some slices.
check "model-probability" "$clemreg" model-probability --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/probability" --set first_slice=30 --set last_slice=33 --provider cpu
check "only its files" test "$(cd "$scratch/probability" && ls | tr '\n' ' ')" = "probability.tif run.json "
check "all of what Segment EM finds" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/all" --provider cpu --set min_size=0 --set seg_thr=0.7
thresholded() { /usr/bin/python3 -c 'import sys, tifffile; p, m = (tifffile.imread(f) for f in sys.argv[1:]); sys.exit(int(((p >= 0.7) != (m[29:33] > 0)).any()))' "$@"; }
check "its threshold gives the mask" thresholded "$scratch/probability/probability.tif" "$scratch/all/mask.tif"
refuses "slices that are not there" 2 "last_slice = 81|80" model-probability --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad" --set last_slice=81

# The same in one go: the EM and the model in place of the mask.
with_model=(register --moving "$s/fm.tif" --fixed "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/direct" --provider cpu)
check "register with a model" "$clemreg" "${with_model[@]}"
check "its mask is segment-em's" same "$scratch/dark/mask.tif" "$scratch/direct/fixed_mask.tif"
told() { # DIR REUSED: run.json tells of the model, and whether its mask was made anew
  /usr/bin/python3 - "$1/run.json" "$scratch/dark.onnx" "$2" "$1/transform.json" <<'P'
import hashlib, json, sys
run = json.load(open(sys.argv[1]))
found = run["em_segmentation"]
assert found["model"]["file"] == "dark.onnx" and found["model"]["provider"] == "cpu" and found["objects"] > 0, found
assert sys.argv[3] == "reused" or run["peak_memory_mb"] > found["peak_memory_mb"] > 10, (run["peak_memory_mb"], found)
assert any(s["stage"] == "segment_em" for s in run["stages"]), run["stages"]
assert run["steps"]["fixed_mask"]["reused"] == (sys.argv[3] == "reused"), run["steps"]
assert json.load(open(sys.argv[4]))["inputs"]["model"]["sha256"] == hashlib.sha256(open(sys.argv[2], "rb").read()).hexdigest()
P
}
check "run.json tells of it" told "$scratch/direct" new
"$clemreg" evaluate-tre --transform "$scratch/direct/transform.json" --labels "$s/em_labels.tif" --truth "$s/truth.json" --out "$scratch/direct-tre.json" >/dev/null 2>&1
tre=$(/usr/bin/python3 -c 'import json,sys; print(int(json.load(open(sys.argv[1]))["after"]["mean_nm"]))' "$scratch/direct-tre.json")
check "it registers to $tre nm, below 60" test "$tre" -lt 60
check "again" "$clemreg" "${with_model[@]}" --overwrite
check "the EM is not segmented again" told "$scratch/direct" reused
check "another threshold" "$clemreg" "${with_model[@]}" --overwrite --set seg_thr=0.6
check "segments again" told "$scratch/direct" new
echo '{ "threshold": 0.55 }' >"$scratch/dark.json"
check "a model card" "$clemreg" "${with_model[@]}" --overwrite --set seg_thr=0.6
check "segments again too" told "$scratch/direct" new
rm "$scratch/dark.json"
refuses "neither mask nor model" 2 "fixed_mask is missing|fixed and model" register --moving "$s/fm.tif" --fixed "$s/em.tif" --out "$scratch/bad"
refuses "both" 2 "fixed_mask and model are both given" "${with_model[@]:0:7}" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
refuses "a model without an EM" 2 "fixed is missing" register --moving "$s/fm.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
refuses "a model that is none" 2 "fused.pth is not an ONNX model" register --moving "$s/fm.tif" --fixed "$s/em.tif" --model "$scratch/fused.pth" --out "$scratch/bad"
refuses "a model that finds nothing" 2 "dark.onnx finds nothing|min_size" "${with_model[@]:0:7}" --out "$scratch/bad" --set min_size=100000000
printf 'name,moving,fixed,fixed_mask,model\nby model,%s,%s,,%s\nby mask,%s,%s,%s,\n' "$s/fm.tif" "$s/em.tif" "$scratch/dark.onnx" "$s/fm.tif" "$s/em.tif" "$s/em_labels.tif" >"$scratch/pairs.csv"
check "batch with a column of models" "$clemreg" batch --pairs "$scratch/pairs.csv" --out "$scratch/batch" --set report=false
check "both pairs are registered" test "$(cut -d, -f1,2 "$scratch/batch/batch.csv" | tail -2 | tr '\n' ' ')" = "by model,registered by mask,registered "
check "the first by its model" test -n "$(grep em_segmentation "$scratch/batch/by model/run.json")" -a -z "$(grep em_segmentation "$scratch/batch/by mask/run.json")"

check "convert-model" "$clemreg" convert-model --model "$scratch/fused.pth" --out "$scratch/mito.onnx"
refuses "a file that is there" 2 "mito.onnx|overwrit" convert-model --model "$scratch/fused.pth" --out "$scratch/mito.onnx"
check "dense, with int8 weights" "$clemreg" convert-model --model "$scratch/fused.pth" --out "$scratch/dense.onnx" --graph dense --precision int8
check "its point head" test -s "$scratch/dense_point.onnx"
for model in mito dense; do
  check "MitoNet's way, $model" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/$model.onnx" --out "$scratch/$model" --set min_size=1 --set min_span=1
done
check "three axes" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/mito.onnx" --out "$scratch/axes" --em-seg-axis

# From where it is published, here a server on this machine, to a name that every command takes.
serve_model
trap 'kill $web; rm -rf "$scratch"' EXIT
refuses "a licence that is not accepted" 2 "CC0|accept_licence" download-model --name mitonet
check "and nothing is fetched" bash -c '! grep -q GET "$1"' _ "$scratch/web.log"
check "download-model" "$clemreg" download-model --name mitonet --accept-licence
check "only the model stays" test "$(ls -A "$CLEMREG_MODELS_FOLDER" | tr '\n' ' ')" = ".downloads.lock mitonet.onnx models.json "
check "it is what convert-model makes" cmp -s "$CLEMREG_MODELS_FOLDER/mitonet.onnx" "$scratch/mito.onnx"
check "download-model --list" bash -c '"$1" download-model --list | grep -qF "there: mitonet"' _ "$clemreg"
check "segment-em by name" "$clemreg" segment-em --image "$s/em.tif" --model mitonet --out "$scratch/named" --set min_size=1 --set min_span=1
check "gives the same" cmp -s "$scratch/named/labels.tif" "$scratch/mito/labels.tif"
refuses "a name that is none" 2 "mitonett|Did you mean 'mitonet'|$CLEMREG_MODELS_FOLDER" segment-em --image "$s/em.tif" --model mitonett --out "$scratch/bad"

refuses "no model" 2 "model" segment-em --image "$s/em.tif" --out "$scratch/bad"
refuses "a model that is not there" 2 "none.onnx" segment-em --image "$s/em.tif" --model "$scratch/none.onnx" --out "$scratch/bad"
refuses "a .pth file" 2 "fused.pth is not an ONNX model" segment-em --image "$s/em.tif" --model "$scratch/fused.pth" --out "$scratch/bad"
head -c 300 "$scratch/dark.onnx" >"$scratch/half.onnx"
refuses "half a model" 2 "half.onnx" segment-em --image "$s/em.tif" --model "$scratch/half.onnx" --out "$scratch/bad"
refuses "a model that knows no images" 1 "no model that finds a structure" segment-em --image "$s/em.tif" --model "$golden/inference/add.onnx" --out "$scratch/bad"
refuses "a processor that is not there" 1 "cuda" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad" --provider cuda
refuses "a provider that is none" 2 "provider|webgpu" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad" --provider gpu
echo '{ "treshold": 0.4 }' >"$scratch/dark.json"
refuses "a misspelt card" 2 "dark.json|treshold|threshold" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
rm "$scratch/dark.json"
# Images that a model cannot take as they are.
/usr/bin/python3 - "$s/em.tif" "$scratch" <<'P'
import sys
import numpy as np
import tifffile
em = tifffile.imread(sys.argv[1])[:4, :100, :100]
def save(name, image, axes="ZYX", pixel=0.01):
    tifffile.imwrite(f"{sys.argv[2]}/{name}.tif", image, imagej=True, resolution=(1 / pixel,) * 2, metadata={"spacing": 0.02, "unit": "um", "axes": axes})
save("colour", np.stack([em] * 3, -1), "ZYXS")
floats = em.astype("f4")
save("floats", floats)
floats[1, 20, 30] = np.nan
save("nan", floats)
save("coarse", em, pixel=0.1)
P
refuses "a colour image" 2 "colour.tif|RGB|8-bit" segment-em --image "$scratch/colour.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
refuses "32-bit floats of no range" 2 "32-bit floats|em_intensity_range" segment-em --image "$scratch/floats.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
refuses "a voxel that is no number" 2 "nan.tif|NaN|slice 2|x = 30, y = 20" segment-em --image "$scratch/nan.tif" --model "$scratch/dark.onnx" --out "$scratch/bad" --set em_intensity_range=0,255
cp "$scratch/dark.onnx" "$scratch/eight.onnx"
echo '{ "pixel_size_nm": 8 }' >"$scratch/eight.json"
warned() { "$clemreg" segment-em --image "$scratch/coarse.tif" --model "$scratch/eight.onnx" --out "$scratch/coarse" --set min_size=0 2>&1 | grep -qF "The image's pixels are 100 nm, the model's 8 nm: check the image's pixel size"; }
check "a pixel size that can hardly be meant" warned
warned() { "$clemreg" segment-em --image "$scratch/coarse.tif" --model "$scratch/mito.onnx" --out "$scratch/coarse-mito" --set min_size=0 2>&1 | grep -qF "The network sees pixels of 100 nm; MitoNet was trained on about 5 to 20 nm"; }
check "nor for MitoNet" warned

# Where the runtime is told of 4 GB (hexadecimal): what does not fit is told with what does, before it is tried.
DOTNET_GCHeapHardLimit=100000000 refuses "pieces too large for the memory" 1 "em_tile = 16384|GB of memory, of which|Set em_tile = |which fits" \
  segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad" --set em_tile=16384 --provider cpu

refuses "a pickle that is none" 2 "em.tif" convert-model --model "$s/em.tif" --out "$scratch/x.onnx"
check "nothing is left of them" test ! -e "$scratch/bad" -a ! -e "$scratch/x.onnx"

# A network of others on EM of others, beside what experts drew.
data=${CLEMREG_DATA:-$root/../shared/data}
if [ -e "$data/models/damitoseg_rsunet2d_h2f.onnx" ] && [ -d "$data/vnc/raw" ]; then
  cp "$data/models/damitoseg_rsunet2d_h2f.onnx" "$scratch/real.onnx"
  echo '{ "name": "DA-MitoSeg", "pixel_size_nm": 8 }' >"$scratch/real.json"
  /usr/bin/python3 - "$data/vnc" "$scratch/vnc.tif" <<'P'
import glob, sys
import numpy as np
import tifffile
from skimage import io
stack = np.stack([io.imread(f) for f in sorted(glob.glob(sys.argv[1] + "/raw/*"))])
tifffile.imwrite(sys.argv[2], stack, imagej=True, resolution=(1 / 4.6e-3,) * 2, metadata={"spacing": 0.05, "unit": "um", "axes": "ZYX"})
P
  check "real EM" "$clemreg" segment-em --image "$scratch/vnc.tif" --model "$scratch/real.onnx" --out "$scratch/vnc" --set min_size=0
  iou=$(/usr/bin/python3 - "$data/vnc" "$scratch/vnc/mask.tif" <<'P'
import glob, sys
import numpy as np
import tifffile
from skimage import io
truth = np.stack([io.imread(f) for f in sorted(glob.glob(sys.argv[1] + "/mitochondria/*"))]) > 0
mask = tifffile.imread(sys.argv[2]) > 0
print(int(1000 * (mask & truth).sum() / (mask | truth).sum()))
P
  )
  check "intersection over union with the experts' mitochondria is 0.$iou, above 0.680" test "$iou" -gt 680

  # The same probabilities as onnxruntime-node gives for the same pixels, at the model's own scale: nothing is resampled or blended.
  node_modules=$root/build/onnxruntime-node/node_modules
  if command -v node >/dev/null && { [ -d "$node_modules/onnxruntime-node" ] || npm install --ignore-scripts --no-save --silent --prefix "${node_modules%/*}" onnxruntime-node@1.30.0 >/dev/null 2>&1; }; then
    echo '{ "name": "DA-MitoSeg", "pixel_size_nm": 4.6, "tile": 512 }' >"$scratch/real.json"
    /usr/bin/python3 - "$scratch/vnc.tif" "$scratch/crop" <<'P'
import sys
import tifffile
crop = tifffile.imread(sys.argv[1])[4:6, 100:612, 200:712]
tifffile.imwrite(sys.argv[2] + ".tif", crop, imagej=True, resolution=(1 / 4.6e-3,) * 2, metadata={"spacing": 0.05, "unit": "um", "axes": "ZYX"})
(crop[1].astype("<f4") / 255).tofile(sys.argv[2] + ".raw")
P
    check "probabilities of real EM" "$clemreg" model-probability --image "$scratch/crop.tif" --model "$scratch/real.onnx" --out "$scratch/real" --set first_slice=2 --provider cpu
    check "Node runs the model" env NODE_PATH="$node_modules" node "$root/benchmarks/model_times.js" "$scratch/real.onnx" "$scratch/crop.raw" 1x1x512x512 2 0 "$scratch/node.raw" 0
    most=$(/usr/bin/python3 - "$scratch/real/probability.tif" "$scratch/node.raw" <<'P'
import sys
import numpy as np
import tifffile
ours, node = tifffile.imread(sys.argv[1]), np.fromfile(sys.argv[2], "<f4").reshape(512, 512)
assert node.min() < 0.1 and node.max() > 0.9, "no structure in it"
print(f"{np.abs(ours - node).max():.1e}")
P
    )
    check "they differ by $most from onnxruntime-node's, at most 1e-4" /usr/bin/python3 -c 'import sys; sys.exit(float(sys.argv[1]) > 1e-4)' "${most:-1}"
  else
    skip "probabilities beside onnxruntime-node's: there is no Node, or npm cannot fetch the package"
  fi
else
  skip "real EM: there is no vnc or damitoseg in ../shared/data (or the folder that CLEMREG_DATA names)"
fi

if [ -d "$work/classes" ]; then
  check "1,000 damaged models and 1,000 damaged .pth files" java --enable-native-access=ALL-UNNAMED -cp "$work/classes:$jar" clem.bridge.ModelFuzz "$scratch/dark.onnx" "$scratch/fused.pth" 1000
else
  skip "damaged models: no compiled test classes (run by scripts/test.sh)"
fi
finish
