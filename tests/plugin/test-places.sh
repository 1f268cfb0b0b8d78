#!/usr/bin/env bash
# Where the plugin may find itself: a home with blanks and umlauts, two Fijis at once, none of both that can be written, an encoding that cannot spell the home, a full disk, a stack much larger than the memory;
# and a plain ImageJ, without SciJava, whose menus are made anew.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}
"$clemreg" simulate --kind clem --seed 1 --set em_size_z=20 --set em_size_y=100 --set em_size_x=100 --out "$scratch/sample" >/dev/null 2>&1
fm=$scratch/sample/fm.tif
chmod 755 "$scratch"
mkdir -m 1777 "$scratch/tmp"
has() { # NAME FILE TEXT
  if grep -qF -- "$3" "$2"; then ok; else bad "$1: no '$3' in: $(tail -8 "$2")"; fi
}
# The launcher's Java, with options that may hold blanks.
launch() { # OPTIONS... -- ARGUMENTS...
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  java --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true "-Djava.io.tmpdir=$scratch/tmp" "${options[@]}" -cp "$jar:$ij" clem.cli.Main "$@" >"$scratch/log" 2>&1
}

home="$scratch/Jörg Müller's home" app="$scratch/Jörg Müller's home/Fiji.app"
mkdir -p "$app/plugins"
cp "$jar" "$app/plugins"
cp "$fm" "$home/Zelle für Übung 1.tif"
cat >"$scratch/work.ijm" <<'M'
parts = split(getArgument(), "|");
run("Segment Fluorescence...", "moving=[" + parts[0] + "] out=[" + parts[1] + "]");
run("About CLEM-Reg...");
if (parts.length > 2) run("Segment Fluorescence...", "moving=[" + parts[0] + "] out=[" + parts[2] + "]");
M

if [ -x "$fiji/fiji-like" ]; then
  "$fiji/fiji-like" "$jar" -menu >/dev/null 2>&1 # compiles FijiLike
  cp -r "${TMPDIR:-/tmp}/fiji-like-$(sha256sum "$fiji/FijiLike.java" | cut -c1-12)" "$scratch/fiji-like"
  chmod -R a+rX "$scratch/fiji-like" "$scratch/work.ijm" "$home" "$fm" "$scratch/sample"
  in_fiji() { # HOME ARGUMENT [PROGRAM THAT STARTS IT...]
    local user=$1 argument=$2
    shift 2
    env -u XDG_CACHE_HOME -u CLEMREG_MODELS_FOLDER LC_ALL=C.UTF-8 "HOME=$user" "$@" java --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true "-Duser.home=$user" \
      "-Djava.io.tmpdir=$scratch/tmp" "-Djava.util.prefs.userRoot=$scratch/tmp" "-Dfijilike.jars=$app/plugins/$(basename "$jar")" -cp "$fiji/jars/*:$scratch/fiji-like" FijiLike -macro "$scratch/work.ijm" "$argument"
  }
  # Both extract the library, and what runs models, for the first time.
  for i in 1 2; do in_fiji "$home" "$home/Zelle für Übung 1.tif|$home/Maske $i.tif" >"$scratch/log-$i" 2>&1 & done
  wait
  for i in 1 2; do
    check "home with umlauts, Fiji $i of two at once: $(tail -8 "$scratch/log-$i")" test -s "$home/Maske $i.tif"
    has "its library, Fiji $i" "$scratch/log-$i" "from $home/.cache/clemreg/natives/"
    has "its models, Fiji $i" "$scratch/log-$i" "in a process of its own"
  done
  check "both computed the same" cmp "$home/Maske 1.tif" "$home/Maske 2.tif"
  check "nothing half extracted" test -z "$(find "$home/.cache" -name 'part*' -o -name 'try*' -o -name '*.trying')"

  # Somebody without a home in a Fiji that belongs to somebody else.
  other=()
  if [ "$(id -u)" = 0 ]; then other=(setpriv --reuid=65534 --regid=65534 --clear-groups); else chmod -R a-w "$app"; fi
  before=$(find "$app" | sort)
  in_fiji '?' "$fm|$scratch/tmp/mask.tif|$app/plugins/mask.tif" "${other[@]}" >"$scratch/log" 2>&1
  check "no home, a Fiji that cannot be written: $(tail -8 "$scratch/log")" test -s "$scratch/tmp/mask.tif"
  has "its library" "$scratch/log" "from $scratch/tmp/clemreg-"
  has "and its models" "$scratch/log" "in a process of its own"
  has "results do not go there" "$scratch/log" "out = $app/plugins/mask.tif cannot be written: no permission. Choose a place where you may write."
  check "and nothing was left there" test "$before" = "$(find "$app" | sort)"
  [ "$(id -u)" = 0 ] || chmod -R u+w "$app"

  # 10 GB of slices, 200 MB of memory.
  truncate -s 10G "$scratch/huge.raw"
  cat >"$scratch/huge.groovy" <<'G'
#@ String folder
info = new ij.io.FileInfo(directory: "$folder/", fileName: "huge.raw", width: 4096, height: 4096, nImages: 640, fileType: ij.io.FileInfo.GRAY8, fileFormat: ij.io.FileInfo.RAW)
stack = new ij.ImagePlus("huge", new ij.plugin.FileInfoVirtualStack(info, false))
stack.calibration.setUnit("nm")
clem.api.ClemReg.run("prepare", [source: stack], [crop: "600:603,,", bin: "1,8,8"], new File("$folder/prepared"))
println "PREPARED " + ij.IJ.openImage("$folder/prepared/prepared.tif").dimensions
G
  JAVA_OPTS="-Xmx200m -Djava.util.prefs.userRoot=$scratch/tmp -Dclemreg.cache=$scratch/cache" timeout 120 "$fiji/fiji-like" "$jar" --run "$scratch/huge.groovy" "folder=\"$scratch\"" >"$scratch/log" 2>&1
  has "a virtual stack of 10 GB" "$scratch/log" "PREPARED [512, 512, 1, 4, 1]"

  JAVA_OPTS="-Djava.util.prefs.userRoot=$scratch/tmp -Dclemreg.cache=$scratch/cache" timeout 120 "$fiji/fiji-like" "$jar" --run "$root/tests/plugin/every_parameter.groovy" >"$scratch/log" 2>&1
  check "each parameter of each SciJava command: $(tail -5 "$scratch/log")" grep -qE "^ALL PARAMETERS ARRIVE: [4-9][0-9][0-9]" "$scratch/log"
else
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
fi

LC_ALL=C launch "-Duser.home=$home" -- --version
has "a home that Java's encoding cannot spell" "$scratch/log" NativeAOT
LC_ALL=C launch "-Dclemreg.cache=$scratch/cache" -- segment-fluorescence --moving "$fm" --out "$home/Maske 3.tif"
has "a result that it cannot spell" "$scratch/log" "start it with LC_ALL=C.UTF-8"
# The launcher chooses an encoding where none is set, as on a bare system or in a queue.
none() { env -u LC_ALL -u LC_CTYPE -u LANG "$@"; }
check "the launcher where no encoding is set" none "$clemreg" segment-fluorescence --moving "$home/Zelle für Übung 1.tif" --out "$home/Maske 4.tif"
check "its mask" test -s "$home/Maske 4.tif"
none "$clemreg" segment-fluorescence --moving "$home/Zelle für Übung 2.tif" --out "$home/Maske 5.tif" >"$scratch/log" 2>&1
has "its messages" "$scratch/log" "Zelle für Übung 2.tif"

# A full disk: what is extracted and what is written there.
small=$scratch/small
mkdir "$small"
trap 'umount "$small" 2>/dev/null; kill $running 2>/dev/null; rm -rf "$scratch"' EXIT
disk() { umount "$small" 2>/dev/null; mount -t tmpfs -o "size=$1,mode=1777" tmpfs "$small" 2>/dev/null; }
empty() { test -z "$(find "$small" -type f)"; }
if disk 3m; then
  launch "-Dclemreg.cache=$small" -- --version
  has "no room for the library" "$scratch/log" "No space left on device"
  has "it says what to do" "$scratch/log" "Give a folder that can be written and run from with -Dclemreg.cache=FOLDER"
  check "nothing half extracted: $(find "$small" -type f)" empty
  launch "-Duser.home=$small" -- --version
  has "a home without room: another folder serves" "$scratch/log" NativeAOT
  check "nothing is left in that home: $(find "$small" -type f)" empty
  disk 30m
  launch "-Dclemreg.cache=$small" -- segment-em --image "$scratch/sample/em.tif" --model "$root/tests/ClemReg.Algorithms.Tests/golden/inference/dark.onnx" --out "$scratch/segmented"
  has "no room for ONNX Runtime" "$scratch/log" "ONNX Runtime cannot be extracted from the jar"
  check "no half of it: $(find "$small" -type f)" test -z "$(find "$small" -name 'part*' -o -name '*onnxruntime*' -type f)"
  disk 8k
  # Java writes the first two, the algorithms the others.
  for command in "segment-fluorescence --moving $fm" "prepare --source $fm --bin 2" "mesh --labels $scratch/sample/em_labels.tif" "convert-model --model $root/tests/ClemReg.Algorithms.Tests/golden/mitonet/fused.pth"; do
    # shellcheck disable=SC2086
    launch "-Dclemreg.cache=$scratch/cache" -- $command --out "$small/out"
    check "no room for the result of ${command%% *}: $(tail -3 "$scratch/log")" grep -qE "^clemreg: out(:| =) $small/out cannot be written" "$scratch/log"
    has "the reason, ${command%% *}" "$scratch/log" "No space left on device"
    check "nothing of it, ${command%% *}: $(ls -A "$small")" test -z "$(ls -A "$small")"
  done
  umount "$small"
else
  skip "disk full: no file system can be mounted here"
fi

# A plain ImageJ whose menus are made anew: our classes are loaded again, and the library beside the one that is loaded already.
if screen screenshots-places; then
  cat >"$scratch/refresh.ijm" <<M
run("Segment Fluorescence...", "moving=[$fm] out=[$scratch/before.tif]");
run("Refresh Menus");
run("Segment Fluorescence...", "moving=[$fm] out=[$scratch/after.tif]");
eval("script", "java.lang.System.exit(0)");
M
  timeout 120 "$java" -Duser.home="$scratch/home" "-Dclemreg.cache=$scratch/cache" -Dplugins.dir="$scratch/ij" -cp "$ij" ij.ImageJ -macro "$scratch/refresh.ijm" >"$scratch/log" 2>&1
  check "a plain ImageJ: $(tail -8 "$scratch/log")" test -s "$scratch/before.tif"
  check "after Refresh Menus: $(tail -8 "$scratch/log")" cmp "$scratch/before.tif" "$scratch/after.tif"
fi
finish
