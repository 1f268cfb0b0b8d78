#!/usr/bin/env bash
# The launcher's contract: what it writes, its exit codes, its messages, and that nothing is left half-written.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
check "simulate" sample
s=$scratch/sample
out=$scratch/out
field() { /usr/bin/python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); [d := d[int(k) if k.isdigit() else k] for k in sys.argv[2].split(".")]; print(d)' "$1" "$2"; }

# The default algorithm: a verdict, and the clouds of its second opinion.
auto=$scratch/auto
check "register, auto" "$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --out "$auto"
check "only its files" test "$(cd "$auto" && ls | tr '\n' ' ')" = "error_map.tif fixed_mask.tif fixed_points.csv inverse_transform.json moving_mask.tif moving_points.csv overlay.png parameters.json registered.tif registered_points.csv report.html run.json transform.json "
check "its transform has the clouds' residuals" test "$(field "$auto/transform.json" residuals.inlier_rms_nm | cut -d. -f1)" -gt 0
check "a verdict: $(field "$auto/run.json" verdict)" grep -qE '"verdict": "(reliable|check)"' "$auto/run.json"
check "with its reasons" test -n "$(field "$auto/run.json" reasons.0)"
"$clemreg" evaluate-tre --transform "$auto/transform.json" --labels "$s/em_labels.tif" --truth "$s/truth.json" --out "$scratch/tre-auto.json" >/dev/null 2>&1
check "registration error below 40 nm: $(field "$scratch/tre-auto.json" after.mean_nm)" test "$(field "$scratch/tre-auto.json" after.mean_nm | cut -d. -f1)" -lt 40
check "the same again" "$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --out "$auto" --overwrite
check "is not registered anew" test "$(field "$auto/run.json" steps.transform.reused)" = True
refuses "a blur that is none" 2 "psf_z|psf_xy" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad" --set psf_xy=200 --set psf_z=100

# What follows looks at the way by points: registered so where a test does not choose.
plain=$clemreg
clemreg=$scratch/clemreg
cat >"$clemreg" <<EOF_SH
#!/usr/bin/env bash
case " \$* " in *"registration_algorithm="* | *"preset="* | *" --parameters "*) exec "$plain" "\$@" ;; esac
[ "\${1:-}" = register ] && exec "$plain" "\$@" --set registration_algorithm=rigid
exec "$plain" "\$@"
EOF_SH
chmod +x "$clemreg"

check "register" "$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --out "$out" --threads 2
for file in transform.json inverse_transform.json registered.tif moving_mask.tif fixed_mask.tif moving_points.csv fixed_points.csv \
  registered_points.csv overlay.png report.html parameters.json run.json; do
  check "register writes $file" test -s "$out/$file"
done
check "no other files" test "$(ls "$out" | wc -l)" = 12
check "the clouds' header" test "$(head -1 "$out/moving_points.csv")" = "z,y,x"
check "direction" test "$(field "$out/transform.json" direction)" = moving_to_fixed
check "axes" test "$(field "$out/transform.json" axes)" = zyx
check "last row" test "$(field "$out/transform.json" matrix.3.3)" = 1
check "input name" test "$(field "$out/transform.json" inputs.moving.name)" = fm.tif
check "input hash" test "$(field "$out/transform.json" inputs.moving.sha256)" = "$(sha256sum "$s/fm.tif" | cut -d' ' -f1)"
check "parameters are kept" test "$(field "$out/transform.json" parameters.log_sigma)" = 3
check "peak memory" test "$(field "$out/run.json" peak_memory_mb | cut -d. -f1)" -gt 10
check "PNG" test "$(head -c 4 "$out/overlay.png" | tail -c 3)" = PNG

# The report needs nothing but itself, and a browser can show it.
whole_page() { # PAGE
  /usr/bin/python3 - "$1" <<'EOF_PY'
import base64, json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?\s*(https?:|//)", page), "it needs the network"
data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1))
views = data["views"]
assert [(v["field"], v["plane"]) for v in views[:3]] == [(0, "xy"), (0, "yz"), (0, "xz")] and len(views) > 3, "views"
for view in views:
    for layer, magic in (("em", b"\xff\xd8"), ("outline", b"\x89PNG"), ("after", b"\xff\xd8")):
        assert base64.b64decode(view[layer].split(",")[1]).startswith(magic), layer
assert len(data["clouds"]["registered"]["zyx"]) % 3 == 0 and sum(data["residuals"]["counts"]) + data["residuals"]["beyond"] == data["clouds"]["registered"]["count"]
assert len(page) < 8e6, len(page)
EOF_PY
}
check "report.html is whole" whole_page "$out/report.html"
if command -v chromium >/dev/null; then
  chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=8000 --dump-dom "file://$out/report.html" >"$scratch/dom.html" 2>/dev/null
  check "a browser shows the verdict" grep -q 'class="word">No verdict' "$scratch/dom.html"
  check "and draws the pictures" grep -q '<button data-mode="overlay" class="on">' "$scratch/dom.html"
else
  skip "report.html in a browser: no chromium here"
fi

"$clemreg" evaluate-tre --transform "$out/transform.json" --labels "$s/em_labels.tif" --truth "$s/truth.json" --out "$scratch/tre.json" >/dev/null 2>&1
check "registration error below 200 nm: $(field "$scratch/tre.json" after.mean_nm)" test "$(field "$scratch/tre.json" after.mean_nm | cut -d. -f1)" -lt 200

max_difference() { # TRANSFORM TRANSFORM: of the matrices' numbers
  /usr/bin/python3 -c 'import json,sys; a, b = (sum(json.load(open(f))["matrix"], []) for f in sys.argv[1:3]); d = max(abs(x - y) for x, y in zip(a, b)); sys.exit(0 if d < 1e-3 else f"{d}")' "$1" "$2"
}

# Steps are used again, and begun and ended where the user wants.
again=$scratch/again
reg=("$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$again")
check "register, deformable" "${reg[@]}" --set registration_algorithm=rigid_bcpd --set bcpd_judge=false
check "it is a spline" test "$(field "$again/transform.json" type)" = thin_plate_spline
cp "$again/registered.tif" "$scratch/first.tif"
check "the same again" "${reg[@]}" --parameters "$again/parameters.json" --overwrite
check "nothing was registered anew" test "$(field "$again/run.json" steps.transform.reused)" = True
check "and the image is the same" cmp -s "$again/registered.tif" "$scratch/first.tif"
check "another log_sigma" "${reg[@]}" --parameters "$again/parameters.json" --overwrite --set log_sigma=2.8
check "leaves the EM's points" test "$(field "$again/run.json" steps.fixed_points.reused)" = True
check "but not the fluorescence's" test "$(field "$again/run.json" steps.moving_points.reused)" = False
"$clemreg" evaluate-tre --transform "$again/transform.json" --labels "$s/em_labels.tif" --truth "$s/truth.json" --out "$scratch/tre2.json" >/dev/null 2>&1
check "deformable error below 150 nm: $(field "$scratch/tre2.json" after.mean_nm)" test "$(field "$scratch/tre2.json" after.mean_nm | cut -d. -f1)" -lt 150

check "run.json says how far the spline is off" test "$(field "$again/run.json" registration.spline.maximum_nm | cut -d. -f1)" -lt 20

# The other algorithms, presets and parameter files.
points=("$clemreg" register-points --moving-points "$out/moving_points.csv" --fixed-points "$out/fixed_points.csv")
check "affine" "${points[@]}" --set registration_algorithm=affine --out "$scratch/affine"
check "it is one" test "$(field "$scratch/affine/transform.json" type)" = affine
whole=("$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --moving-points "$out/moving_points.csv" --fixed-points "$out/fixed_points.csv" --set stop_after=registration)
check "bcpd alone, judged after rigid only" "${whole[@]}" --set registration_algorithm=bcpd --registration-start "$out/transform.json" --out "$scratch/bcpd"
check "it is a spline too" test "$(field "$scratch/bcpd/transform.json" type)" = thin_plate_spline
check "rigid_bcpd" "${whole[@]}" --set registration_algorithm=rigid_bcpd --out "$scratch/judged"
check "run.json has the held-out verdict" bash -c 'case $1 in True|False) ;; *) exit 1 ;; esac' _ "$(field "$scratch/judged/run.json" registration.held_out.better)"
check "and the rigid result beside it, where that is better" test "$(field "$scratch/judged/run.json" registration.held_out.better)" = "$([ -e "$scratch/judged/rigid_transform.json" ] && echo False || echo True)"
check "and the rigid result before it" test "$(field "$scratch/judged/run.json" registration.rigid.iterations)" -gt 1
check "preset published" "${whole[@]}" --set preset=published --out "$scratch/published"
check "makes all its iterations" test "$(field "$scratch/published/run.json" registration.iterations)" = 50
check "preset paper" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --set preset=paper --set log_sigma=5 --set stop_after=registration --out "$scratch/paper"
check "samples at random" test "$(field "$scratch/paper/parameters.json" point_cloud_sampling_method)" = random
printf '{"registration_algorithm": "Affine CPD", "log_sigma": 2.5, "em_seg_axis": true, "registration_max_iterations": 20, "filter_size": 10}' >"$scratch/napari.json"
check "a parameter file of napari-clemreg" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --parameters "$scratch/napari.json" --set stop_after=registration --out "$scratch/napari"
check "its algorithm is taken" test "$(field "$scratch/napari/transform.json" type)" = affine
check "and its size filter" test "$(field "$scratch/napari/parameters.json" filter_size_lower)" = 10
printf '{"registration_algorithm": "Affine CPD", "log_sigmaa": 2.5, "zzz": 1}' >"$scratch/napari.json"
refuses "unknown keys in it" 2 "log_sigmaa, zzz|napari.json|mean log_sigma|docs/parameters.md" "${whole[@]:1}" --parameters "$scratch/napari.json" --out "$scratch/x"

# A node of the deformation at every voxel takes 300 MB; with a budget of 64 MB they are made piece by piece, with the same result.
dense=(register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --set registration_algorithm=rigid_bcpd --set bcpd_judge=false --set thin_plate_control_points=12 --set warping_approximate_grid=1)
check "a small memory budget" env CLEMREG_HEAP=128m "$clemreg" "${dense[@]}" --set warping_memory_budget=64 --out "$scratch/budget"
check "a large one" env CLEMREG_HEAP=128m "$clemreg" "${dense[@]}" --set warping_memory_budget=2000 --out "$scratch/no-budget"
peak() { field "$scratch/$1/run.json" peak_memory_mb | cut -d. -f1; }
check "keeps the peak down: $(peak budget) and $(peak no-budget) MB" test "$(($(peak no-budget) - $(peak budget)))" -gt 150
check "and the bytes the same" cmp -s "$scratch/budget/registered.tif" "$scratch/no-budget/registered.tif"

# The same for warping by itself, streamed (blurred before) and of order 3.
for set in "--set warping_output_grid=given --set warping_output_spacing=60" "--set warping_interpolation_order=3"; do
  bent=("$clemreg" warp --source "$s/fm.tif" --transform "$scratch/budget/transform.json" --target "$s/em_labels.tif" --set warping_approximate_grid=1 $set)
  check "warp with a small budget, $set" env CLEMREG_HEAP=128m "${bent[@]}" --set warping_memory_budget=16 --out "$scratch/small.tif" --overwrite
  check "and with a large one" "${bent[@]}" --set warping_memory_budget=2000 --out "$scratch/large.tif" --overwrite
  check "give the same bytes" cmp -s "$scratch/small.tif" "$scratch/large.tif"
done

part=("$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif")
check "stop after sampling" "${part[@]}" --out "$scratch/half" --set stop_after=sampling
check "only its files" test "$(cd "$scratch/half" && ls | tr '\n' ' ')" = "fixed_mask.tif fixed_points.csv moving_mask.tif moving_points.csv parameters.json run.json "
check "go on from own points" "${part[@]}" --out "$scratch/rest" --moving-points "$scratch/half/moving_points.csv" --fixed-points "$scratch/half/fixed_points.csv"
check "with the same result" max_difference "$scratch/rest/transform.json" "$out/transform.json"
check "warp with a finished transform" "${part[@]}" --out "$scratch/warped" --transform "$out/transform.json"
check "and without a report" "${part[@]}" --out "$scratch/silent" --transform "$out/transform.json" --set report=false
check "there is none" test ! -e "$scratch/silent/report.html" -a -s "$scratch/silent/overlay.png"
check "gives the same image" cmp -s "$scratch/warped/registered.tif" "$out/registered.tif"
check "start from a transform" "${part[@]}" --out "$scratch/start" --registration-start "$out/transform.json" --linked "$s/fm.tif" --set channel_offsets=1:0,0,0
check "a linked image follows" cmp -s "$scratch/start/linked_1.tif" "$scratch/start/registered.tif"
check "on a grid of its own" "${part[@]}" --out "$scratch/pitch" --transform "$out/transform.json" --set warping_output_grid=given --set warping_output_spacing=80 --set warping_crop_to_overlap=true
printf 'roi\n' >"$scratch/wrong.roi"
refuses "region file" 2 "roi_polygon|wrong.roi" "${part[@]:1}" --out "$scratch/x" --set "roi_polygon=$scratch/wrong.roi"
refuses "region name" 2 "roi_polygon|cell" "${part[@]:1}" --out "$scratch/x" --set roi_polygon=cell
refuses "region of the EM" 2 "roi_polygon_em|pixel" "${part[@]:1}" --out "$scratch/x" --set "roi_polygon_em=9000,9000 9100,9000 9100,9100"
refuses "two transforms" 2 "registration_start" "${part[@]:1}" --out "$scratch/x" --transform "$out/transform.json" --registration-start "$out/transform.json"
refuses "a transform of the wrong direction" 2 "transform|fixed_to_moving|transform.json" "${part[@]:1}" --out "$scratch/x" --transform "$out/inverse_transform.json"
refuses "a start of the wrong direction" 2 "registration_start|fixed_to_moving" "${part[@]:1}" --out "$scratch/x" --registration-start "$out/inverse_transform.json"
refuses "linked of another size" 2 "linked_1|size" "${part[@]:1}" --out "$scratch/x" --linked "$s/em.tif"

# Points there and back.
printf 'z,y,x\n0,0,0\n100.5,2000,-30\n' >"$scratch/points.csv"
check "transform-points" "$clemreg" transform-points --transform "$out/transform.json" --points "$scratch/points.csv" --out "$scratch/there.csv"
check "and back" "$clemreg" transform-points --transform "$out/inverse_transform.json" --points "$scratch/there.csv" --out "$scratch/back.csv"
near() { /usr/bin/python3 - "$1" "$2" "$3" <<'P'
import csv, sys
a, b = (list(csv.DictReader(open(f))) for f in sys.argv[1:3])
d = max(abs(float(p[k]) - float(q[k])) for p, q in zip(a, b) for k in 'zyx')
sys.exit(0 if len(a) == len(b) and d < float(sys.argv[3]) else f'{d}')
P
}
check "there and back is the same" near "$scratch/points.csv" "$scratch/back.csv" 1e-6
check "registered points are the moving points moved" bash -c '"$1" transform-points --transform "$2/transform.json" --points "$2/moving_points.csv" --out "$3/moved.csv" 2>/dev/null' _ "$clemreg" "$out" "$scratch"
check "to rounding" near "$out/registered_points.csv" "$scratch/moved.csv" 1e-6

# Transforms and points to other tools and back.
fm=(--moving "$s/fm.tif" --fixed "$s/em.tif")
for format in bigwarp_landmarks bigwarp_json elastix itk bigdataviewer mobie ngff_affine ec_clem_xml ec_clem_csv landmark_table; do
  check "export-transform $format" "$clemreg" export-transform --transform "$out/transform.json" --format $format "${fm[@]}" --out "$scratch/$format.out"
  check "import-transform $format" "$clemreg" import-transform --in "$scratch/$format.out" "${fm[@]}" --out "$scratch/$format.json"
  check "$format there and back is the same" max_difference "$out/transform.json" "$scratch/$format.json"
done
check "an imported transform moves points" "$clemreg" transform-points --transform "$scratch/elastix.json" --points "$scratch/points.csv" --out "$scratch/elastix.csv"
check "as the exported one does" near "$scratch/elastix.csv" "$scratch/there.csv" 1e-3
check "the inverse gives the same file" bash -c '"$1" export-transform --transform "$2/inverse_transform.json" --format itk --unit nm --out "$3/inverse.tfm" 2>/dev/null' _ "$clemreg" "$out" "$scratch"
check "import of it" "$clemreg" import-transform --in "$scratch/inverse.tfm" --unit=nm --format itk --out "$scratch/inverse.json"
check "as the transform itself" max_difference "$out/transform.json" "$scratch/inverse.json"
check "export a folder" "$clemreg" export-transform --transform "$out/transform.json" --format ngff_displacements "${fm[@]}" --control-points 100 --out "$scratch/field.zarr"
check "with a chunk of numbers" test -s "$scratch/field.zarr/coordinateTransformations/displacements/s0/c/0/0/0/0"
check "overwrite a folder" "$clemreg" export-transform --transform "$out/transform.json" --format ngff_displacements "${fm[@]}" --control-points 100 --out "$scratch/field.zarr" --overwrite
# Other programs' readers, where Debian's Python has them.
has() { /usr/bin/python3 -c "import $1" 2>/dev/null; }
if has numpy; then
  check "NumPy reads the chunk: points go where transform-points takes them" /usr/bin/python3 - "$scratch/field.zarr" "$scratch/nodes.csv" "$scratch/field-nodes.csv" <<'P'
import csv, json, sys
import numpy as np
field = sys.argv[1] + "/coordinateTransformations/displacements"
array = json.load(open(field + "/s0/zarr.json"))
d = np.fromfile(field + "/s0/c/0/0/0/0", "<f4").reshape(array["shape"])
scale, translation = (t[t["type"]][1:] for t in json.load(open(field + "/zarr.json"))["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["transformations"])
with open(sys.argv[2], "w") as nodes, open(sys.argv[3], "w") as moved:
    for file in nodes, moved: file.write("z,y,x\n")
    for i in np.ndindex(*d.shape[1:]):
        p = 1000 * (np.array(i) * scale + translation)
        nodes.write("%r,%r,%r\n" % tuple(map(float, p)))
        moved.write("%r,%r,%r\n" % tuple(map(float, p + 1000 * d[(slice(None),) + i])))
P
  check "transform-points of the nodes" "$clemreg" transform-points --transform "$out/transform.json" --points "$scratch/nodes.csv" --out "$scratch/our-nodes.csv"
  check "to the rounding of 32-bit floats" near "$scratch/our-nodes.csv" "$scratch/field-nodes.csv" 0.01
else
  skip "NumPy is not installed"
fi
check "export a displacement field" "$clemreg" export-transform --transform "$again/transform.json" --format displacement_field --field-spacing 400 --moving "$s/fm.tif" --out "$scratch/field.json"
check "it says what it costs" test "$(field "$scratch/field.json" field_error.maximum_nm | cut -d. -f1)" -lt 20
check "it warps" "$clemreg" warp --source "$s/fm.tif" --transform "$scratch/field.json" --target "$s/em_labels.tif" --out "$scratch/by-field.tif"
check "a voxel size in place of an image" "$clemreg" export-transform --transform "$out/transform.json" --format bigdataviewer --moving-spacing 300,100 --out "$scratch/bdv.xml"
check "stands in the file" grep -q "<affine>0.1 0 0 0 0 0.1 0 0 0 0 0.3 0</affine>" "$scratch/bdv.xml"
check "landmarks with a model and turned round" "$clemreg" import-transform --in "$scratch/bigwarp_landmarks.out" --landmark-fit similarity --em-was-moved --out "$scratch/turned.json"
check "are the inverse" max_difference "$out/inverse_transform.json" "$scratch/turned.json"
one=(--set registration_max_iterations=1 --set registration_tolerance=0 --set stop_after=registration)
check "start from a transform, one step" "${part[@]}" "${one[@]}" --out "$scratch/from-own" --registration-start "$out/transform.json"
for format in bigwarp_landmarks ec_clem_xml elastix; do
  check "start from $format" "${part[@]}" "${one[@]}" --out "$scratch/from-$format" --registration-start "$scratch/$format.out"
  check "$format starts where the transform does" max_difference "$scratch/from-own/transform.json" "$scratch/from-$format/transform.json"
done
refuses "a deformable start" 2 "registration_start|transform.json|deformable|landmarks" "${part[@]:1}" --out "$scratch/x" --registration-start "$again/transform.json"
for format in csv ply napari_csv ec_clem_csv mobie_spots; do
  check "export-points $format" "$clemreg" export-points --points "$scratch/points.csv" --format $format --out "$scratch/$format.points"
  check "import-points $format" "$clemreg" import-points --in "$scratch/$format.points" --out "$scratch/$format.csv"
  check "$format points there and back are the same" near "$scratch/points.csv" "$scratch/$format.csv" 1e-6
done
if has open3d; then
  check "Open3D reads the PLY" /usr/bin/python3 - "$scratch/ply.points" "$scratch/open3d.csv" <<'P'
import sys
import numpy as np, open3d
points = np.asarray(open3d.io.read_point_cloud(sys.argv[1], format="ply").points)
with open(sys.argv[2], "w") as f:
    f.write("z,y,x\n")
    for x, y, z in 1000 * points: f.write(f"{float(z)!r},{float(y)!r},{float(x)!r}\n")
P
  check "as the same points" near "$scratch/points.csv" "$scratch/open3d.csv" 0.01
else
  skip "Open3D is not installed"
fi
if command -v transformix >/dev/null; then
  printf 'point\n2\n1.5 2 -3\n0 0 0\n' >"$scratch/em.pts"
  mkdir -p "$scratch/transformix"
  cp "$scratch/elastix.out" "$scratch/elastix.txt"
  transformix -tp "$scratch/elastix.txt" -def "$scratch/em.pts" -out "$scratch/transformix" >"$scratch/transformix.log" 2>&1
  sed -E 's/.*OutputPoint = \[ ([^ ]*) ([^ ]*) ([^ ]*) \].*/\1,\2,\3/; 1i x,y,z' "$scratch/transformix/outputpoints.txt" >"$scratch/theirs.um"
  check "transformix's points" "$clemreg" import-points --in "$scratch/theirs.um" --format csv --out "$scratch/theirs.csv"
  printf 'z,y,x\n-3000,2000,1500\n0,0,0\n' >"$scratch/em.csv"
  check "our points" "$clemreg" transform-points --transform "$out/inverse_transform.json" --points "$scratch/em.csv" --out "$scratch/ours.csv"
  check "transformix moves points as we do, within 1 nm" near "$scratch/ours.csv" "$scratch/theirs.csv" 1
else
  skip "transformix is not installed (Debian: elastix)"
fi

# Two channels at two time points, the second channel with an offset: each is warped as it would be alone.
if has tifffile; then
  check "two channels, two time points" /usr/bin/python3 - "$s/fm.tif" "$scratch/series.tif" <<'P'
import sys
import numpy as np, tifffile
one = tifffile.imread(sys.argv[1])
series = np.stack([np.stack([a, a], axis=1) for a in (one, one[::-1])])
tifffile.imwrite(sys.argv[2], series, imagej=True, metadata={"axes": "TZCYX"})
P
  "$clemreg" prepare --source "$s/fm.tif" --flip z --out "$scratch/flipped" >/dev/null 2>&1
  check "are warped with an offset" "$clemreg" register --moving "$scratch/series.tif#1" --moving-spacing 130,35.3 --fixed-mask "$s/em_labels.tif" --transform "$out/transform.json" --set channel_offsets=2:100,300,-200 --out "$scratch/series"
  i=0
  for image in "$s/fm.tif" "$scratch/flipped/prepared.tif"; do
    for channel in 1 2; do
      i=$((i + 1))
      check "warp alone $i" "$clemreg" warp --source "$image" --source-spacing 130,35.3 --transform "$out/transform.json" --target "$s/em_labels.tif" --set channel_offsets=2:100,300,-200 --set chromatic_channel=$channel --out "$scratch/alone-$i.tif"
    done
  done
  check "the same as each alone" /usr/bin/python3 - "$scratch" <<'P'
import sys
import numpy as np, tifffile
series = tifffile.imread(sys.argv[1] + "/series/registered.tif")
alone = [tifffile.imread(f"{sys.argv[1]}/alone-{i}.tif") for i in (1, 2, 3, 4)]
assert series.shape == (2, alone[0].shape[0], 2) + alone[0].shape[1:], series.shape
assert not np.array_equal(alone[0], alone[1]) and not np.array_equal(alone[0], alone[2])
for i in range(4): assert np.array_equal(series[i // 2, :, i % 2], alone[i]), i
P
else
  skip "tifffile is not installed"
fi

# The same bytes for any number of threads, and the steps give what the whole gives.
"$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/one" --threads 1 >/dev/null 2>&1
check "one thread gives the same transform" test "$(field "$scratch/one/transform.json" matrix)" = "$(field "$out/transform.json" matrix)"
check "one thread gives the same image" cmp -s "$scratch/one/registered.tif" "$out/registered.tif"
check "segment-fluorescence" "$clemreg" segment-fluorescence --moving "$s/fm.tif" --out "$scratch/mask.tif"
check "its mask is the same" cmp -s "$scratch/mask.tif" "$out/moving_mask.tif"
check "sample-points" "$clemreg" sample-points --mask "$scratch/mask.tif" --out "$scratch/m.csv" --set isotropic_spacing=20
check "its points are the same" cmp -s "$scratch/m.csv" "$out/moving_points.csv"
check "register-points" "$clemreg" register-points --moving-points "$scratch/m.csv" --fixed-points "$out/fixed_points.csv" --out "$scratch/steps"
check "warp" "$clemreg" warp --source "$s/fm.tif" --transform "$out/transform.json" --target "$s/em.tif" --out "$scratch/warped.tif"
check "register with a mask of one's own" "$clemreg" register --moving "$s/fm.tif" --moving-mask "$scratch/mask.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/own"
check "gives the same transform" test "$(field "$scratch/own/transform.json" matrix)" = "$(field "$out/transform.json" matrix)"
check "em_to_fm" "$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/reverse" --set registration_direction=em_to_fm
"$clemreg" segment-fluorescence --moving "$s/fm.tif" --out "$scratch/lmask.tif" >/dev/null 2>&1
check "labels follow the EM" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --transform "$out/transform.json" --linked "$s/em_labels.tif" --linked "$s/em.tif#order=2" \
  --out "$scratch/reverse-labels" --set registration_direction=em_to_fm
check "as labels" test "$(field "$scratch/reverse-labels/run.json" linked.linked_1.warping.interpolation_order)" = 0
check "and grey values with their own order" test "$(field "$scratch/reverse-labels/run.json" linked.linked_2.warping.interpolation_order)" = 2
check "a mask follows the fluorescence" "${part[@]}" --transform "$out/transform.json" --linked "$scratch/lmask.tif" --out "$scratch/with-mask"
check "as a mask" test "$(field "$scratch/with-mask/run.json" linked.linked_1.warping.interpolation_order)" = 0
check "em_to_fm keeps the transform's direction" test "$(field "$scratch/reverse/transform.json" matrix)" = "$(field "$out/transform.json" matrix)"
printf '{"log_sigma": 2.5, "registration_max_iterations": 30}' >"$scratch/p.json"
check "a parameter file" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/file" --parameters "$scratch/p.json" --set log_sigma=2.75
check "an option goes before the file" test "$(field "$scratch/file/transform.json" parameters.log_sigma)" = 2.75
check "the file goes before the default" test "$(field "$scratch/file/transform.json" parameters.registration_max_iterations)" = 30

# Preparing and aligning: type, size, calibration and channels of the TIFF, and where a structure lies.
describe() { # TIFF: slices, rows, columns, type, channels, voxel size and origin as ImageJ's description says
  /usr/bin/python3 - "$1" <<'P'
import sys
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
image = Image.open(sys.argv[1])
text = dict(line.split('=', 1) for line in str(image.tag_v2[270]).strip('\0\n').split('\n') if '=' in line)
kind = {'I;16': 'uint16', 'L': 'uint8', 'F': 'float'}[image.mode]
print(text.get('slices', text.get('images', '1')), image.height, image.width, kind, 'channels', text.get('channels', '1'),
      'nm %.4g %.4g' % (float(text['spacing']) * 1e3, 1e3 / float(image.tag_v2[282])), 'origin', *('%.4g' % float(text.get(k, 0)) for k in ('zorigin', 'yorigin', 'xorigin')))
P
}
described() { # NAME TIFF WORDS
  local found
  found=$(describe "$2")
  check "$1: $found" test "$found" = "$3"
}
check "prepare: bin and 8 bit" "$clemreg" prepare --source "$s/em.tif" --bin 1,4,4 --eight-bit --out "$scratch/binned"
check "prepare: crop in nm" "$clemreg" prepare --source "$s/em.tif" --crop 100:390,,500:995 --set crop_unit=nm --out "$scratch/cropped"
check "prepare: a fluorescence image" "$clemreg" prepare --source "$s/fm.tif" --rotate z90 --out "$scratch/turned"
check "prepare: labels" "$clemreg" prepare --source "$s/em_labels.tif" --labels --bin 2 --reslice xz --out "$scratch/labels"
if /usr/bin/python3 -c 'import PIL' 2>/dev/null; then
  described "a binned image" "$scratch/binned/prepared.tif" "80 100 100 uint8 channels 1 nm 20 80 origin 0 -0.375 -0.375"
  described "a cropped image" "$scratch/cropped/prepared.tif" "15 400 25 uint8 channels 1 nm 20 20 origin -5 0 -25"
  described "resliced labels" "$scratch/labels/prepared.tif" "200 40 200 uint16 channels 1 nm 40 40 origin -0.25 -0.25 -0.25"
else
  skip "TIFFs are not looked at: python3-pil is not installed"
fi
# Turned four times it is the image again; a small memory budget and one thread change nothing.
check "prepare: turned" "$clemreg" prepare --source "$s/em.tif" --rotate x90 --out "$scratch/x90"
check "and back" "$clemreg" prepare --source "$scratch/x90/prepared.tif" --rotate x270 --out "$scratch/x360"
check "is the same" cmp -s <(tail -c +4096 "$scratch/x360/prepared.tif" | head -c 12000000) <(tail -c +4096 "$s/em.tif" | head -c 12000000)
"$clemreg" prepare --source "$s/em.tif" --rotate x90 --set memory_budget=1 --threads 1 --out "$scratch/x90-small" >/dev/null 2>&1
check "in many passes too" cmp -s "$scratch/x90/prepared.tif" "$scratch/x90-small/prepared.tif"
check "a point goes along" "$clemreg" transform-points --transform "$scratch/x90/transform.json" --points "$scratch/points.csv" --out "$scratch/turned.csv"
check "and comes back" "$clemreg" transform-points --transform "$scratch/x90/inverse_transform.json" --points "$scratch/turned.csv" --out "$scratch/turned-back.csv"
check "to where it was" near "$scratch/points.csv" "$scratch/turned-back.csv" 1e-6
check "clean-mask: labels" "$clemreg" clean-mask --source "$s/em_labels.tif" --fill-holes volume --open-radius 30 --smooth-slices 3 --minimum-size 50 --out "$scratch/labels-clean.tif"
check "clean-mask: a mask" "$clemreg" clean-mask --source "$s/em_labels.tif" --as-mask --close-radius 40 --threads 1 --out "$scratch/mask-clean.tif"
"$clemreg" clean-mask --source "$s/em_labels.tif" --as-mask --close-radius 40 --out "$scratch/mask-clean-2.tif" >/dev/null 2>&1
check "is the same with any threads" cmp -s "$scratch/mask-clean.tif" "$scratch/mask-clean-2.tif"
cleaned() { # SOURCE LABELS MASK: what each step must have kept or changed
  /usr/bin/python3 - "$@" <<'P'
import sys
import numpy as np
import tifffile
source, labels, mask = (tifffile.imread(f) for f in sys.argv[1:])
assert labels.dtype == source.dtype and set(np.unique(labels)) <= set(np.unique(source)), "labels keep their values"
assert ((labels == source) | (labels == 0) | (source == 0)).all() and (labels != source).any(), "labels never take each other's voxels"
assert set(np.unique(mask)) == {0, 255} and (mask[source > 0] == 255).all() and (mask > 0).sum() > (source > 0).sum(), "closing only adds"
P
}
check "what is cleaned is what it should be" cleaned "$s/em_labels.tif" "$scratch/labels-clean.tif" "$scratch/mask-clean.tif"
check "align-slices" "$clemreg" align-slices --source "$s/em.tif" --set align_search_radius=10 --out "$scratch/slices"
check "its shifts" test "$(head -1 "$scratch/slices/shifts.csv")" = "slice,dy,dx"
check "one for each slice" test "$(wc -l <"$scratch/slices/shifts.csv")" = 81
check "align-slices with shifts that are known" "$clemreg" align-slices --source "$s/em.tif" --shifts "$scratch/slices/shifts.csv" --out "$scratch/slices-again" --threads 1
check "gives the same image" cmp -s "$scratch/slices/aligned.tif" "$scratch/slices-again/aligned.tif"
"$clemreg" simulate --kind clem --seed 2 --set em_size_z=30 --set em_size_y=150 --set em_size_x=150 --set channels=2 --out "$scratch/two" >/dev/null 2>&1
check "a chosen channel aligns all" "$clemreg" align-slices --source "$scratch/two/fm.tif#2" --align-method template --set align_minimum_correlation=0 --out "$scratch/two-aligned"
check "all channels are there" grep -qa "channels=2" "$scratch/two-aligned/aligned.tif"

# Bad input: exit 2, one message that names the thing; nothing left behind.
register=(register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad")
refuses "existing output folder" 2 "out|--overwrite" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$out"
refuses "unknown key" 2 "log_sigm|Did you mean|log_sigma" "${register[@]}" --set log_sigm=3
refuses "value out of range" 2 "log_sigma|-3|0.3" "${register[@]}" --set log_sigma=-3
refuses "value that is no number" 2 "log_sigma|wide" "${register[@]}" --set log_sigma=wide
refuses "choice" 2 "registration_algorithm|teaser|rigid" "${register[@]}" --set registration_algorithm=teaser
refuses "unknown option" 2 "--fixd|--fixed" "${register[@]}" --fixd x
refuses "unknown command" 2 "registr|register" registr
refuses "missing option" 2 "fixed_mask" register --moving "$s/fm.tif" --out "$scratch/bad"
refuses "missing file" 2 "nothing.tif" register --moving "$scratch/nothing.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
refuses "missing channel" 2 "channel|7" register --moving "$s/fm.tif#7" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
head -c 300000 "$s/fm.tif" >"$scratch/cut.tif"
refuses "truncated file" 2 "cut.tif" register --moving "$scratch/cut.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
echo "no image" >"$scratch/text.tif"
refuses "not an image" 2 "text.tif" register --moving "$scratch/text.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
: >"$scratch/empty.tif"
refuses "empty file" 2 "empty.tif" register --moving "$scratch/empty.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
refuses "negative spacing" 2 "spacing|-20" "${register[@]}" --fixed-spacing=-20,20
refuses "zero spacing" 2 "spacing|0" "${register[@]}" --moving-spacing 0,35
refuses "spacing that is no number" 2 "spacing|a,b" "${register[@]}" --moving-spacing a,b
refuses "nothing segmented" 2 "log_threshold" "${register[@]}" --set log_threshold=99
refuses "bad parameter file" 2 "JSON" "${register[@]}" --parameters "$scratch/text.tif"
refuses "mask of another size" 2 "size|em_labels.tif|fm.tif" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --moving-mask "$s/em_labels.tif" --out "$scratch/bad"
refuses "EM of another size than its mask" 2 "size|em_labels" register --moving "$s/fm.tif" --fixed "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad"
printf 'z,y,x\n1,2,3\n4,5,6\n7,8,10\n' >"$scratch/three.csv"
refuses "fewer than 4 points" 2 "4|points" register-points --moving-points "$scratch/three.csv" --fixed-points "$out/fixed_points.csv" --out "$scratch/bad"
printf 'z,y\n1,2\n' >"$scratch/columns.csv"
refuses "missing column" 2 "columns.csv|x" transform-points --transform "$out/transform.json" --points "$scratch/columns.csv" --out "$scratch/bad.csv"
printf 'z,y,x\n1,2,three\n' >"$scratch/word.csv"
refuses "a word for a number" 2 "line 2|three" transform-points --transform "$out/transform.json" --points "$scratch/word.csv" --out "$scratch/bad.csv"
refuses "no transform" 2 "clemreg-transform" transform-points --transform "$scratch/p.json" --points "$scratch/points.csv" --out "$scratch/bad.csv"
printf 'Pt-0,true,1,2,3,4\n' >"$scratch/flat.csv"
refuses "landmarks in two dimensions" 2 "flat.csv|line 1|2-D" import-transform --in "$scratch/flat.csv" --format bigwarp_landmarks --out "$scratch/bad.json"
printf 'Pt-0,true,1,2,3,4,5,6\nPt-1,false,1,2,3,4,5,6\n' >"$scratch/few.csv"
refuses "too few landmarks" 2 "few.csv|1 landmark pair|4" import-transform --in "$scratch/few.csv" --out "$scratch/bad.json"
for i in 0 1 2 3 4; do printf 'Pt,true,%d,%d,7,%d,%d,7\n' $i $((i * i)) $i $((i * i)); done >"$scratch/plane.csv"
refuses "landmarks in a plane" 2 "plane|normal|landmark_fit" import-transform --in "$scratch/plane.csv" --out "$scratch/bad.json"
printf 'moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n0,0,0,0,0,0\n9,0,0,9,0,0\n0,9,0,0,9,0\n' >"$scratch/three-pairs.csv"
refuses "three landmarks in our own table" 2 "three-pairs.csv|3 landmark pairs|4" import-transform --in "$scratch/three-pairs.csv" --out "$scratch/bad.json"
refuses "a file of no known format" 2 "text.tif|format|bigwarp_landmarks" import-transform --in "$scratch/text.tif" --out "$scratch/bad.json"
refuses "a format that there is not" 2 "format|elastics|elastix" export-transform --transform "$out/transform.json" --format elastics --out "$scratch/bad.txt"
refuses "a unit that there is not" 2 "unit|inch" export-transform --transform "$out/transform.json" --unit inch --out "$scratch/bad.txt"
refuses "a field without an image" 2 "moving" export-transform --transform "$out/transform.json" --format ngff_displacements --out "$scratch/bad.zarr"
refuses "no transform to export" 2 "p.json|clemreg-transform" export-transform --transform "$scratch/p.json" --out "$scratch/bad.txt"
refuses "an exported file that exists" 2 "exists|--overwrite" export-transform --transform "$out/transform.json" --format itk --out "$scratch/points.csv"
refuses "a folder over a file" 2 "is a file" export-transform --transform "$out/transform.json" --format ngff_displacements "${fm[@]}" --out "$scratch/points.csv" --overwrite
refuses "a channel that there is not" 2 "channel_offsets = 9:1000,0,0|1 to 1" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad" --set channel_offsets=9:1000,0,0
"$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --transform "$out/transform.json" --set registration_direction=em_to_fm --set channel_offsets=1:9,9,9 --out "$scratch/em-to-fm" 2>"$scratch/stderr"
check "offsets that nothing is warped with" grep -q "channel_offsets has no effect" "$scratch/stderr"
refuses "a region without corners" 2 "roi_polygon|corners" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/bad" --set "roi_polygon= ;"
sed 's/"nm"/"um"/' "$out/transform.json" >"$scratch/um.json"
refuses "a transform in another unit" 2 "transform: um.json:|unit" warp --source "$s/fm.tif" --transform "$scratch/um.json" --target "$s/em_labels.tif" --out "$scratch/bad.tif"
/usr/bin/python3 -c 'import json,sys; t=json.load(open(sys.argv[1])); t["matrix"][2][3] += 1e6; json.dump(t, open(sys.argv[2], "w"))' "$out/transform.json" "$scratch/far.json"
"$clemreg" warp --source "$s/fm.tif" --transform "$scratch/far.json" --target "$s/em_labels.tif" --out "$scratch/far.tif" 2>"$scratch/stderr"
check "a transform to somewhere else: $(cat "$scratch/stderr")" grep -q "Nothing of source 'fm.tif' lands on target 'em_labels.tif'" "$scratch/stderr"
"$clemreg" warp --source "$s/fm.tif" --transform "$out/inverse_transform.json" --target "$s/em_labels.tif" --out "$scratch/turned.tif" 2>"$scratch/stderr"
check "the inverse in place of the transform: $(cat "$scratch/stderr")" grep -q "inverse_transform.json maps 'em_labels.tif' to 'fm.tif'" "$scratch/stderr"
refuses "nothing to prepare" 2 "prepare|bin" prepare --source "$s/em.tif" --out "$scratch/bad"
refuses "nothing to clean" 2 "clean_mask|fill_holes" clean-mask --source "$s/em_labels.tif" --out "$scratch/bad"
refuses "an even window" 2 "smooth_slices = 4|odd" clean-mask --source "$s/em_labels.tif" --smooth-slices 4 --out "$scratch/bad"
refuses "a radius of a kilometre" 2 "open_radius|voxels" clean-mask --source "$s/em_labels.tif" --open-radius 1e6 --out "$scratch/bad"
refuses "a bin that is no number" 2 "bin = two" prepare --source "$s/em.tif" --bin two --out "$scratch/bad"
refuses "a crop outside" 2 "crop|0 to 79 along z" prepare --source "$s/em.tif" --crop 5:80,, --out "$scratch/bad"
refuses "grey values of labels" 2 "eight_bit|labels" prepare --source "$s/em_labels.tif" --labels --eight-bit --out "$scratch/bad"
refuses "an angle that there is not" 2 "rotate|z45|z90" prepare --source "$s/em.tif" --rotate z45 --out "$scratch/bad"
refuses "shifts of another stack" 2 "shifts.csv|slice" align-slices --source "$s/fm.tif" --shifts "$scratch/slices/shifts.csv" --out "$scratch/bad"
refuses "a file that is no shifts" 2 "points.csv|slice,dy,dx" align-slices --source "$s/em.tif" --shifts "$scratch/points.csv" --out "$scratch/bad"
check "the file stays" grep -q 100.5 "$scratch/points.csv"
check "nothing left behind" test -z "$(ls -d "$scratch"/bad* "$scratch"/.*bad* 2>/dev/null)"
refuses "folder that cannot be made" 2 "text.tif" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/text.tif/sub"

# --overwrite replaces our files only.
echo mine >"$out/notes.txt"
check "overwrite" "$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$out" --overwrite
check "others' files stay" test "$(cat "$out/notes.txt")" = mine

# Ctrl-C, when the progress on stderr or the files in the hidden folder say that it is time: exit 3, soon, and nothing half-written.
interrupted() { # MOMENT ARGUMENTS...: a word of the progress, or a file's name; empty for the hidden folder itself
  CLEMREG_JAVA_OPTS=-Dclemreg.terminal=true /usr/bin/python3 - "$scratch" "$clemreg" "$@" --out "$scratch/long" <<'P'
import glob, signal, subprocess, sys, time
scratch, program, moment, *arguments = sys.argv[1:]
with open(scratch + '/progress', 'w+') as progress:
    p = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=progress)
    reached = lambda: moment and moment in open(scratch + '/progress').read() or glob.glob(f'{scratch}/.long*/{moment}')
    while p.poll() is None and not reached(): time.sleep(0.02)
    if p.poll() is not None: sys.exit(f'it ended before {moment}: ' + open(scratch + '/progress').read()[-500:])
    p.send_signal(signal.SIGINT)
    try: code = p.wait(5)
    except subprocess.TimeoutExpired:
        p.kill()
        sys.exit('it does not end')
left = glob.glob(scratch + '/*long*') + glob.glob(scratch + '/.*long*')
sys.exit(f'exit {code}' if code != 3 else f'left behind: {left}' if left else 0)
P
}
check "Ctrl-C during a simulation" interrupted "" simulate --kind clem --set em_size_z=300 --set em_size_y=900 --set em_size_x=900
both=(register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --set registration_algorithm=auto)
check "Ctrl-C in the search" interrupted "correlate orientations" "${both[@]}"
check "Ctrl-C in the refinement" interrupted "refine intensities" "${both[@]}"
check "Ctrl-C with the first files there" interrupted fixed_mask.tif "${both[@]}"
check "Ctrl-C while the image is saved" interrupted registered.tif "${both[@]}"

check "--version" bash -c '"$1" --version | grep -q "^clemreg [0-9]"' _ "$clemreg"
check "--help" bash -c '"$1" --help | grep -q register' _ "$clemreg"
check "OPERATION --help has units, defaults and ranges" bash -c '"$1" register --help | grep -A6 -e "log_sigma" | grep -q "50"' _ "$clemreg"
finish
