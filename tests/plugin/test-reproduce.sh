#!/usr/bin/env bash
# Evaluation, batch and reproduce-paper on simulated pairs that lie as the paper's data would: EM and its mitochondria, fluorescence with two
# channels, lysosomes of the EM as target structures, landmarks by the true transform.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make() { # FOLDER SEED
  "$clemreg" simulate --kind clem --seed "$2" --set em_size_z=80 --set em_size_y=400 --set em_size_x=400 --set channels=2 --out "$1" >/dev/null 2>&1
}
check "a sample with lysosomes" make "$scratch/a" 1
check "another" make "$scratch/b" 2
check "the lysosomes are labels" test -s "$scratch/a/em_targets.tif"
field() { /usr/bin/python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); [d := d[int(k) if k.isdigit() else k] for k in sys.argv[2].split(".")]; print(d)' "$1" "$2"; }
landmarks() { # TRUTH CSV: 12 pairs of BigWarp by the true transform, with 30 nm of scatter
  /usr/bin/python3 - "$1" "$2" <<'P'
import json, random, sys
m = json.load(open(sys.argv[1]))['matrix']
random.seed(5)
with open(sys.argv[2], 'w') as f:
    for i in range(12):
        q = [-1] * 3
        while not all(0 < v < s for v, s in zip(q, (1580, 7980, 7980))):
            p = [random.uniform(-0.3 * s, 0.7 * s) for s in (4000, 12000, 12000)]
            q = [sum(m[r][c] * p[c] for c in range(3)) + m[r][3] + random.gauss(0, 30) for r in range(3)]
        f.write('"Pt-%d","true",%s\n' % (i, ','.join('"%.6f"' % (v / 1000) for v in p[::-1] + q[::-1])))
P
}
em=$scratch/em fm=$scratch/fm
for pair in a:EMPIAR-10819 b:EMPIAR-11537; do
  from=$scratch/${pair%:*} name=${pair#*:}
  mkdir -p "$em/$name" "$fm/$name" "$scratch/labels" "$scratch/landmarks"
  mv "$from/em.tif" "$em/$name/em.tif"
  mv "$from/em_labels.tif" "$em/$name/em_mask.tif"
  mv "$from/fm.tif" "$fm/$name/fm.tif"
  mv "$from/em_targets.tif" "$scratch/labels/$name.tif"
  landmarks "$from/truth.json" "$scratch/landmarks/$name.csv"
done
printf 'mitochondria = 1\ntarget = 2\n' >"$fm/EMPIAR-10819/channels.txt"

run=("$root/scripts/reproduce-paper" "$em" "$fm" "$scratch/labels" "$scratch/landmarks" --out "$scratch/paper")
check "reproduce-paper" bash -c '"$@"' _ "${run[@]}" >"$scratch/paper.txt" 2>"$scratch/log"
cat "$scratch/paper.txt"
has() { if grep -qE -- "$2" "$3"; then ok; else bad "$1: no '$2' in: $(tail -20 "$3")"; fi; }
has "the published figures stand beside ours" "^EMPIAR-10819 +lysosomes +[0-9]+ +0.48 \+- 0.22 +0.66 \+- 0.12 +0\.[0-9]+ \+- [-0-9.]+ +0\.[0-9]+" "$scratch/paper.txt"
has "of both" "^EMPIAR-11537 +endosomes +[0-9]+ +0.74 \+- 0.18 +0.83 \+- 0.12" "$scratch/paper.txt"
has "the error at the landmarks" "^EMPIAR-11537 preset=default +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +\([0-9]+\) +n = 12" "$scratch/paper.txt"
error=$(field "$scratch/paper/EMPIAR-10819-default-evaluation/report.json" landmarks.after.mean_nm | cut -d. -f1)
check "the error is that of a registration: $error nm" test "$error" -lt 250
check "the table and the report agree" test "$(awk '/EMPIAR-10819 preset=default/ { print $3 }' "$scratch/paper.txt")" = "$(/usr/bin/python3 -c "import json; print(round(json.load(open('$scratch/paper/EMPIAR-10819-default-evaluation/report.json'))['landmarks']['after']['mean_nm']))")"
before=$(stat -c %Y "$scratch/paper/EMPIAR-10819-paper/registered.tif")
check "again" bash -c '"$@"' _ "${run[@]}" >"$scratch/again.txt" 2>>"$scratch/log"
check "nothing is registered twice" test "$before" = "$(stat -c %Y "$scratch/paper/EMPIAR-10819-paper/registered.tif")"
check "the same table" cmp -s <(grep EMPIAR "$scratch/paper.txt") <(grep EMPIAR "$scratch/again.txt")
ln -s fm.tif "$fm/EMPIAR-10819/target.tif"
check "one dataset in plain folders" bash -c '"$@"' _ "$root/scripts/reproduce-paper" "$em/EMPIAR-10819" "$fm/EMPIAR-10819" "$scratch/labels/EMPIAR-10819.tif" --label-components --out "$scratch/one" >"$scratch/one.txt" 2>>"$scratch/log"
has "has its line" "^EMPIAR-10819 +lysosomes" "$scratch/one.txt"
check "a target channel in a file of its own is warped with it" grep -q linked_1.tif "$scratch/one/EMPIAR-10819-default-evaluation/report.json"
rm "$fm/EMPIAR-10819/target.tif"
if "$root/scripts/reproduce-paper" "$fm" "$em" >/dev/null 2>"$scratch/log"; then bad "folders the wrong way round"; else has "folders the wrong way round" "em_mask.tif" "$scratch/log"; fi

# Evaluation by itself.
r=$scratch/paper/EMPIAR-10819-default l=$scratch/labels/EMPIAR-10819.tif
check "evaluate" bash -c '"$@"' _ "$clemreg" evaluate --transform "$r/transform.json" --landmarks "$scratch/landmarks/EMPIAR-10819.csv" --registered "$r/registered.tif#2" --labels "$l" --out "$scratch/evaluation" >"$scratch/figures" 2>/dev/null
check "its files" test "$(ls "$scratch/evaluation" | tr '\n' ' ')" = "classes.csv landmarks.csv report.json structures.csv "
has "its figures" "^Registration error at 12 landmark pairs, nm: mean [0-9]+" "$scratch/figures"
has "and its rates" "^All structures, [0-9]+: true positive rate 0\.[0-9]+" "$scratch/figures"
check "the inverse transform gives the same" "$clemreg" evaluate --transform "$r/inverse_transform.json" --landmarks "$scratch/landmarks/EMPIAR-10819.csv" --out "$scratch/inverse"
near() { /usr/bin/python3 -c 'import sys; a, b = (float(v) for v in sys.argv[1:]); sys.exit(0 if abs(a - b) < 1e-6 else f"{a} {b}")' "$1" "$2"; }
check "to rounding" near "$(field "$scratch/inverse/report.json" landmarks.after.mean_nm)" "$(field "$scratch/evaluation/report.json" landmarks.after.mean_nm)"
refuses "nothing to evaluate" 2 "transform and landmarks|registered and labels" evaluate --out "$scratch/bad"
refuses "half of the inputs" 2 "landmarks is missing" evaluate --transform "$r/transform.json" --out "$scratch/bad"
refuses "another grid" 2 "voxels (z, y, x)|registered.tif" evaluate --registered "$fm/EMPIAR-10819/fm.tif" --labels "$l" --out "$scratch/bad"
refuses "an intensity image as labels" 2 "labelled already" evaluate --registered "$r/registered.tif" --labels "$em/EMPIAR-10819/em.tif" --label-components --out "$scratch/bad"
refuses "an evaluation that exists" 2 "exists|--overwrite" evaluate --transform "$r/transform.json" --landmarks "$scratch/landmarks/EMPIAR-10819.csv" --out "$scratch/evaluation"
check "nothing left behind" test -z "$(ls -d "$scratch"/bad* "$scratch"/.*bad* 2>/dev/null)"

# Batch.
mkdir "$scratch/pairs"
ln -s "$em/EMPIAR-10819/em_mask.tif" "$scratch/pairs/good_em_mask.tif"
ln -s "$fm/EMPIAR-10819/fm.tif" "$scratch/pairs/good_fm.tif"
ln -s "$em/EMPIAR-11537/em_mask.tif" "$scratch/pairs/other_em_mask.tif"
printf 'no image' >"$scratch/pairs/other_fm.tif"
refuses "a batch in which one pair fails" 1 "2 pairs: 1 registered, 0 unchanged, 1 failed (other)|other_fm.tif" batch --folder "$scratch/pairs" --out "$scratch/batch" --set registration_max_iterations=20
check "the good one is there" test -s "$scratch/batch/good/registered.tif"
check "the other is not" test ! -e "$scratch/batch/other"
has "the table" "^good,registered,[0-9.]+,[0-9]*,[0-9]*,[0-9]+,[0-9.]*," "$scratch/batch/batch.csv"
cp "$fm/EMPIAR-11537/fm.tif" "$scratch/pairs/other.tif" && mv "$scratch/pairs/other.tif" "$scratch/pairs/other_fm.tif"
check "mended and run again" "$clemreg" batch --folder "$scratch/pairs" --out "$scratch/batch" --set registration_max_iterations=20
has "the good one is left" "^good,unchanged," "$scratch/batch/batch.csv"
has "the other is done" "^other,registered," "$scratch/batch/batch.csv"
printf 'name,moving\nx,y\n' >"$scratch/list.csv"
refuses "a parameter that is not allowed" 2 "log_sigma|wide" batch --folder "$scratch/pairs" --out "$scratch/bad" --set log_sigma=wide
refuses "a misspelt parameter" 2 "log_sgima|log_sigma" batch --folder "$scratch/pairs" --out "$scratch/bad" --set log_sgima=3
refuses "a list without its columns" 2 "list.csv|fixed_mask" batch --pairs "$scratch/list.csv" --out "$scratch/bad"
/usr/bin/python3 - "$clemreg" "$em/EMPIAR-10819/em_mask.tif" "$fm/EMPIAR-10819/fm.tif" "$scratch" <<'P'
import os, signal, subprocess, sys, time
clemreg, mask, fm, scratch = sys.argv[1:]
with open(scratch + '/many.csv', 'w') as f:
    f.write('name,moving,fixed_mask\n' + ''.join(f'p{i},{fm},{mask}\n' for i in range(20)))
p = subprocess.Popen([clemreg, 'batch', '--pairs', scratch + '/many.csv', '--out', scratch + '/many'], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
for _ in range(600):
    if os.path.exists(scratch + '/many/p0'): break
    time.sleep(0.1)
p.send_signal(signal.SIGINT)
sys.exit(0 if p.wait() == 3 else f'exit {p.returncode}')
P
check "Ctrl-C gives exit 3" test $? = 0
has "what is done is noted" "^p0,registered," "$scratch/many/batch.csv"
has "and what is not" "^p19,waiting," "$scratch/many/batch.csv"
check "nothing half-written" test -z "$(ls -d "$scratch"/many/.*clemreg* 2>/dev/null)"
finish
