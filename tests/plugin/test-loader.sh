#!/usr/bin/env bash
# The native library's loader: which build it takes, several Javas at once, what a crash leaves behind, folders that cannot be used; and a
# disk that is full.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version() { CLEMREG_JAVA_OPTS="$*" "$clemreg" --version 2>&1; }
says() { # NAME TEXT OPTIONS...
  local name=$1 text=$2 answer
  shift 2
  answer=$(version "$@")
  if grep -qF -- "$text" <<<"$answer"; then ok; else bad "$name: no '$text' in: $answer"; fi
}
cache=$scratch/cache

# Several Javas that extract the library at once.
for i in 1 2 3 4; do version "-Dclemreg.cache=$cache" >"$scratch/start-$i" & done
wait
for i in 1 2 3 4; do check "start $i of four at once: $(cat "$scratch/start-$i")" grep -q NativeAOT "$scratch/start-$i"; done
check "no half-extracted file, no marker" test -z "$(find "$cache" -name '*.trying' -o -name 'part*' -o -name 'try*')"
check "extracted once" test "$(find "$cache" -type f | wc -l)" = 1

says "baseline when asked for" "(SSE2" -Dclemreg.level=baseline "-Dclemreg.cache=$cache"
if grep -q AVX2 "$scratch/start-1"; then
  for option in -XX:UseAVX=0 -XX:UseAVX=1 -XX:-UseFMA -XX:-UseBMI2Instructions; do
    says "baseline with $option" "(SSE2" $option "-Dclemreg.cache=$cache"
  done
  # A marker that no process holds: the AVX2 build once ended a Java.
  crashed=$scratch/crashed
  version "-Dclemreg.cache=$crashed" >/dev/null
  touch "$(dirname "$(find "$crashed" -type f | head -1)")/try1.trying"
  says "baseline after a crash of the other build" "(SSE2" "-Dclemreg.cache=$crashed"
else
  skip "choice of the AVX2 build: this processor or Java has none"
fi

: >"$scratch/file"
says "a folder that cannot be made" "clemreg.cache=FOLDER" "-Dclemreg.cache=$scratch/file/cache"
check "without a usable cache or home folder" bash -c 'XDG_CACHE_HOME=/proc/none HOME=/none "$1" --version | grep -q NativeAOT' _ "$clemreg"
version "-Dclemreg.cache=$scratch/damaged" >/dev/null
library=$(find "$scratch/damaged" -type f | head -1)
head -c 1000 "$library" >"$library.cut" && mv "$library.cut" "$library"
says "a damaged library is extracted again" NativeAOT "-Dclemreg.cache=$scratch/damaged"

# A full disk.
mkdir "$scratch/small"
trap 'umount "$scratch/small" 2>/dev/null; rm -rf "$scratch"' EXIT
if mount -t tmpfs -o size=3m tmpfs "$scratch/small" 2>/dev/null; then
  sample
  refuses "disk full" 2 "out = $scratch/small/out cannot be written|No space left|Free space" register --moving "$scratch/sample/fm.tif" --fixed-mask "$scratch/sample/em_labels.tif" --out "$scratch/small/out"
  check "the hidden folder is not named" bash -c '! grep -q clemreg- "$1"' _ "$scratch/stderr"
  check "nothing is left on the full disk" test -z "$(ls -A "$scratch/small")"
  umount "$scratch/small"
else
  skip "disk full: no file system can be mounted here"
fi
finish
