#!/usr/bin/env bash
# The plugin in a real headless ImageJ as Fiji runs it (../shared/imagej): menu, macro, Groovy script, SciJava command, on every Java here.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ ! -x "$fiji" ]; then
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
  finish
  exit 0
fi
check "sample" sample
s=$scratch/sample
run() { timeout 900 "$fiji" "$jar" "$@" >"$scratch/log" 2>&1; }
expect() { # NAME FILE-OR-LOG TEXT
  if grep -qF -- "$3" "$2"; then ok; else bad "$1: no '$3' in: $(tail -15 "$2")"; fi
}

near_offsets() { # LOG: within 15 nm of the shift that the example put in
  /usr/bin/python3 -c 'import re, sys; v = [float(n) for n in re.findall(r"channel_offsets=2:(\S+)", open(sys.argv[1]).read())[-1].split(",")]; sys.exit(0 if max(abs(a - b) for a, b in zip(v, (-130, -150, 100))) < 15 else f"{v}")' "$1"
}
voxels() { tail -c +4096 "$1" | head -c -65536; }

# Each Java that fiji-like runs on, once.
seen=" "
for java in $(tr ":" "\n" <<<"${CLEMREG_JAVA_HOMES:-}" | sed "/^$/d; s,$,/bin/java,") /usr/lib/jvm/*/bin/java; do
  java=$(readlink -f "$java")
  version=$("$java" -version 2>&1 | sed -nE '1s/.*"(1\.)?([0-9]+).*/\2/p')
  case "$seen" in *" $version "*) continue ;; esac
  seen="$seen$version "
  [ "$version" -ge 17 ] || { skip "fiji-like on Java $version"; continue; }
  # Each run is short: two thirds of its time with Java's quick compiler alone.
  export JAVA=$java JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/prefs -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

  run -menu
  expect "menu, Java $version" "$scratch/log" "clem.ij.ClemReg(\"register\")"

  out=$scratch/prepared-$version
  run -macro "$root/fiji-plugin/src/main/resources/examples/Prepare_Align.ijm" "$s/em.tif,$out"
  check "example of preparing a file, Java $version: $(tail -5 "$scratch/log")" test -s "$out/prepared/prepared.tif" -a -s "$out/aligned/shifts.csv"

  out=$scratch/macro-$version
  run -macro "$root/fiji-plugin/src/main/resources/examples/Register_CLEM.ijm" "$s/fm.tif,$s/em.tif,$s/em_labels.tif,$out"
  check "macro on files, Java $version: $(tail -5 "$scratch/log")" test -s "$out/registered.tif"
  expect "the log tells where the report is, Java $version" "$scratch/log" "CLEM-Reg: the report is $out/report.html"
  check "and it is there, Java $version" test -s "$out/report.html"

  out=$scratch/groovy-$version
  run --run "$root/fiji-plugin/src/main/resources/examples/Register_CLEM.groovy" \
    "moving=\"$s/fm.tif\",fixed=\"$s/em.tif\",fixed_mask=\"$s/em_labels.tif\",out=\"$out\",log_sigma=3.0"
  check "Groovy script, Java $version: $(tail -5 "$scratch/log")" test -s "$out/overlay.png"

  out=$scratch/command-$version
  run --run clem.scijava.RegisterCommand "moving=\"$s/fm.tif\",fixed=\"$s/em.tif\",fixed_mask=\"$s/em_labels.tif\",out=\"$out\",log_sigma=2.5,registration_algorithm=\"rigid\""
  check "SciJava command, Java $version: $(tail -5 "$scratch/log")" test -s "$out/transform.json"
  expect "its parameters arrive, Java $version" "$out/transform.json" '"log_sigma": 2.5'

  # What is not given comes from the parameter file; what is, not, even where it is the default.
  out=$scratch/command-file-$version
  echo '{"log_sigma": 2.5, "registration_outlier_weight": 0.5, "registration_max_iterations": 60}' >"$scratch/p.json"
  run --run clem.scijava.RegisterCommand "moving=\"$s/fm.tif\",moving_channel=1,fixed_mask=\"$s/em_labels.tif\",out=\"$out\",log_sigma=2.8,registration_max_iterations=100,registration_algorithm=\"rigid\",parameters_file=\"$scratch/p.json\""
  expect "a value that is given goes before the file, Java $version: $(tail -5 "$scratch/log")" "$out/transform.json" '"log_sigma": 2.8'
  expect "a default too, Java $version" "$out/transform.json" '"registration_max_iterations": 100'
  expect "the file counts for the others, Java $version" "$out/transform.json" '"registration_outlier_weight": 0.5'
done

# The examples without an argument make their own input, on the Java that came last: those of a kind one after the other in one ImageJ. Each says its words at the end.
examples=$root/fiji-plugin/src/main/resources/examples
mkdir -p "$scratch/examples"
JAVA_OPTS="$JAVA_OPTS -Djava.io.tmpdir=$scratch/examples"
for file in "$examples"/*.ijm; do echo "print(\"EXAMPLE $(basename "$file")\"); runMacro(\"$file\"); while (nImages > 0) close();"; done >"$scratch/examples.ijm"
run -macro "$scratch/examples.ijm"
cp "$scratch/log" "$scratch/said-ijm"
run --run "$root/tests/plugin/every_example.groovy" "folder=\"$examples\""
cp "$scratch/log" "$scratch/said-groovy"
example() { # FILE TEXT
  awk -v example="EXAMPLE $1" '/^EXAMPLE / { in_it = ($0 == example); next } in_it' "$scratch/said-${1##*.}" >"$scratch/said"
  expect "example $1" "$scratch/said" "$2"
  ran="$ran $1"
}
ran=""
example Register_CLEM.ijm "Registered image: "
example Register_CLEM.groovy "Registered. Verdict: "
example Prepare_Align.ijm "Prepared image: "
example Prepare_Align.groovy "Prepared: "
example Evaluate_Registration.ijm "All structures, 13: true positive rate 0."
example Evaluate_Registration.groovy "Registration error at 12 landmark pairs"
example Batch_Register.ijm "sample 2,registered,"
example Batch_Register.groovy "2 pairs: 2 registered, 0 unchanged, 0 failed"
example Export_Import.ijm "Read back as "
example Export_Import.groovy "the matrix differs by less than 0.001"
# The beads of the second colour lie 130 nm higher, 150 nm down and 100 nm to the left.
for file in Chromatic_Shift.ijm Chromatic_Shift.groovy; do
  example $file "channel_offsets=2:"
  check "$file finds the shift" near_offsets "$scratch/said"
done
example Split_Registration.ijm "Registered step by step: "
example Split_Registration.groovy "Registered step by step: "
example Deformable_Registration.ijm "The verdict: "
example Deformable_Registration.groovy "Mean error: rigid "
example Regions.ijm "Fluorescence points by corners: "
example Regions.groovy "Fluorescence points by corners: "
example Detect_Cells.ijm "Cells followed: "
example Detect_Cells.groovy " cells in 4 sections"
example Segment_EM.ijm "Objects after cleaning, at most: "
example Segment_EM.groovy "Segmented: "
example Detect_Objects.ijm "Boxes: "
example Detect_Objects.groovy "Boxes: "
example Mesh_Objects.ijm "Surfaces: "
example Mesh_Objects.groovy "Surfaces: "
check "each example was run:$ran" test "$(tr ' ' '\n' <<<"${ran# }" | sort)" = "$(ls "$examples" | sort)"

"$clemreg" register --moving "$s/fm.tif" --fixed "$s/em.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/launcher" >/dev/null 2>&1
for way in "$scratch"/macro-* "$scratch"/groovy-*; do
  # Two versions of ImageJ write the same voxels with other directories around them.
  check "$(basename "$way") gives the launcher's voxels" cmp -s <(voxels "$way/registered.tif") <(voxels "$scratch/launcher/registered.tif")
done

mkdir -p "$scratch/pairs/cell"
ln -s "$s/fm.tif" "$s/em_labels.tif" "$scratch/pairs/cell"
run --run clem.scijava.BatchCommand "folder=\"$scratch/pairs\",out=\"$scratch/batch\",log_sigma=2.5,registration_algorithm=\"rigid\""
expect "a SciJava command runs a batch" "$scratch/batch/batch.csv" "cell,registered,"
expect "with its parameters" "$scratch/batch/cell/transform.json" '"log_sigma": 2.5'

# Each SciJava command once, the points from a registration of points. The beads are those of the example.
mkdir -p "$scratch/commands" "$s/pairs/cell"
ln -s "$s/fm.tif" "$s/em_labels.tif" "$s/pairs/cell"
cp "$(ls -d "$scratch"/examples/*/colours | head -1)"/beads-*.tif "$s"
cp "$root/tests/ClemReg.Algorithms.Tests/golden/mitonet/fused.pth" "$s/mitonet.pth"
cp "$root/tests/ClemReg.Algorithms.Tests/golden/inference/dark.onnx" "$s"
golden=$root/tests/ClemReg.Algorithms.Tests/golden/yolo
sample_boxes
"$clemreg" convert-model --cfg "$golden/small.cfg" --weights "$golden/small.weights" --out "$s/yolo.onnx" >/dev/null 2>&1
"$clemreg" register --moving "$s/fm.tif" --fixed-mask "$s/em_labels.tif" --out "$scratch/points" --set registration_algorithm=rigid >/dev/null 2>&1
run --run "$root/tests/plugin/every_command.groovy" "sample=\"$s\",registered=\"$scratch/points\",out=\"$scratch/commands\""
for class in $(jar tf "$jar" | grep -o 'clem/scijava/[A-Za-z]*Command\.class' | grep -v FileCommand | tr / . | sed 's/\.class//'); do
  expect "$class" "$scratch/log" "RAN $class"
done
expect "the chosen channel of a file" "$scratch/log" "CHANNEL 2 is taken"

run --run "$root/tests/plugin/bad_input.groovy" "sample=\"$s\",out=\"$scratch/bad\""
check "files that cannot be used: $(grep -v '^REFUSED' "$scratch/log" | tail -8)" test "$(grep -c '^REFUSED' "$scratch/log")" = 14

cat >"$scratch/exchange.ijm" <<M
run("Export Transform...", "transform=$scratch/points/transform.json moving=$s/fm.tif fixed=$s/em.tif format=mobie out=$scratch/mobie.tsv");
run("Import Transform...", "in=$scratch/mobie.tsv out=$scratch/mobie.json");
run("Export Points...", "points=$scratch/points/fixed_points.csv format=napari_csv out=$scratch/napari.csv");
run("Import Points...", "in=$scratch/napari.csv out=$scratch/back.csv");
M
run -macro "$scratch/exchange.ijm"
expect "transforms are exported from a macro" "$scratch/mobie.tsv" "fm.tif	fluorescence	intensities"
expect "and imported" "$scratch/mobie.json" '"type": "similarity"'
check "points are exported and imported" test "$(wc -l <"$scratch/back.csv")" = "$(wc -l <"$scratch/points/fixed_points.csv")"

cat >"$scratch/model.ijm" <<M
open("$s/fm.tif"); open("$s/em.tif");
run("Register...", "moving=fm.tif fixed=em.tif model=$s/dark.onnx provider=cpu out=$scratch/by-model");
M
run -macro "$scratch/model.ijm"
expect "a macro registers with a model: $(tail -5 "$scratch/log")" "$scratch/by-model/run.json" '"em_segmentation"'

cat >"$scratch/bad.ijm" <<M
open("$s/fm.tif"); open("$s/em_labels.tif");
run("Register...", "moving=fm.tif fixed_mask=em_labels.tif log_sigm=3");
M
run -macro "$scratch/bad.ijm"
expect "a misspelt macro key is named" "$scratch/log" "log_sigm"
expect "with the nearest one" "$scratch/log" "log_sigma"

# A malformed plugin index would hide the plugins of other jars: one that comes after ours must stay visible.
cat >"$scratch/Other.java" <<'J'
package other;
public class Other implements org.scijava.command.Command {
	@Override public void run() { System.out.println("the other plugin runs"); }
}
J
jars=$(dirname "$fiji")/jars
mkdir -p "$scratch/other/META-INF/json"
if javac -proc:none -cp "$jars/*" -d "$scratch/other" "$scratch/Other.java" 2>"$scratch/log"; then
  printf '{"class":"other.Other","values":{"type":"org.scijava.command.Command"}}' >"$scratch/other/META-INF/json/org.scijava.plugin.Plugin"
  cat >"$scratch/Two.java" <<'J'
public class Two {
	public static void main(String[] args) {
		org.scijava.Context context = new org.scijava.Context(org.scijava.command.CommandService.class);
		org.scijava.command.CommandService commands = context.getService(org.scijava.command.CommandService.class);
		System.out.println("ours " + (commands.getCommand("clem.scijava.RegisterCommand") != null) + ", other " + (commands.getCommand("other.Other") != null));
		System.exit(0);
	}
}
J
  javac -cp "$jars/*" -d "$scratch" "$scratch/Two.java" 2>>"$scratch/log"
  "${JAVA:-java}" -Djava.awt.headless=true -cp "$scratch:$jar:$jars/*:$scratch/other" Two >"$scratch/log" 2>&1
  expect "both plugins are visible" "$scratch/log" "ours true, other true"

  # Fiji's search bar has no public package here; this is its rule: a command whose label, or else its name in the menu, or one of its menus, has the word.
  cat >"$scratch/Search.java" <<'J'
import org.scijava.module.ModuleInfo;
public class Search {
	public static void main(String[] words) {
		org.scijava.Context context = new org.scijava.Context(org.scijava.command.CommandService.class, org.scijava.module.ModuleService.class);
		for (String word : words) {
			System.out.print(word + ":");
			for (ModuleInfo info : context.getService(org.scijava.module.ModuleService.class).getModules()) {
				String label = info.getLabel() == null || info.getLabel().isEmpty() ? String.valueOf(info.getMenuPath().getLeaf()) : info.getLabel();
				boolean found = label.toLowerCase().contains(word) || info.getMenuPath().stream().anyMatch(menu -> menu.getName().toLowerCase().contains(word));
				if (found && info.isVisible() && info.isEnabled() && info.getMenuPath().isEmpty()) System.out.print(" " + info.getDelegateClassName());
			}
			System.out.println(".");
		}
		System.exit(0);
	}
}
J
  javac -cp "$jars/*" -d "$scratch" "$scratch/Search.java" 2>"$scratch/log"
  "${JAVA:-java}" -Djava.awt.headless=true -cp "$scratch:$jar:$jars/*" Search clem registration correlative mitochondria organelle mesh cell alignment yolo "deep learning" >>"$scratch/log" 2>&1
  while read -r word entry; do
    check "the search for '${word//+/ }' finds $entry: $(cat "$scratch/log")" grep -q "^${word//+/ }:.* clem.scijava.$entry[ .]" "$scratch/log"
  done <<'W'
clem FindRegister
registration FindRegister
correlative FindRegister
mitochondria FindRegister
mitochondria FindSegmentEm
organelle FindSegmentOrganelles
mesh FindMesh
cell FindDetectCells
alignment FindAlignSlices
yolo FindDetectObjects
deep+learning FindSegmentEm
W
else
  bad "the other plugin compiles: $(cat "$scratch/log")"
fi
finish
