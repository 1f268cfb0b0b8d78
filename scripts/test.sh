#!/usr/bin/env bash
# Builds everything and runs all tests; the last line is 'N passed, N failed, N skipped'.
#   test.sh [--filter NAME]      only the tests whose name contains NAME
# Tests that need ../shared (real data, a Fiji-like ImageJ) or a tool that is not here say that they skip.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
filter=""
while [ $# -gt 0 ]; do
  case $1 in
    --filter) filter=${2:?--filter needs a name}; shift 2 ;;
    *) die "unknown option $1; usage: test.sh [--filter NAME]" ;;
  esac
done
logs=$root/build/test-logs
rm -rf "$logs"
mkdir -p "$logs"

count() { # NAME PASSED FAILED SKIPPED
  echo "$2 $3 $4" >>"$logs/counts"
  printf '%-52s %5d passed, %d failed, %d skipped\n' "$1" "$2" "$3" "$4"
}

# Ends the run: the sums as the last line, and whether nothing failed.
finish() {
  wait
  awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit (f > 0) }' "$logs/counts"
  exit
}

# Runs a part beside others, three more than there are cores, since many wait for windows or for a Java to start. What it says comes out whole, when it is done.
beside() { # COMMAND...
  while [ "$(jobs -rp | wc -l)" -gt $(($(nproc) + 2)) ]; do wait -n; done
  {
    local said begin=$SECONDS
    said=$("$@")
    printf '%s (%d s)\n' "$said" $((SECONDS - begin))
  } &
}

# A part whose output ends with 'N passed, N failed[, N skipped]'. One that does not get there failed.
part() { # NAME COMMAND...
  local name=$1 log line
  shift
  log="$logs/${name//[^A-Za-z0-9]/-}.log"
  timeout 1500 "$@" >"$log" 2>&1 </dev/null
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
  if [ -z "$line" ]; then
    tail -30 "$log"
    count "$name (did not finish)" 0 1 0
    return
  fi
  grep '^FAILED' -A 6 "$log" | head -60
  grep '^skipped' "$log"
  read -r p f s < <(sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/' <<<"$line")
  count "$name" "$p" "$f" "${s:-0}"
}

dotnet_tests() { # NAME EXPRESSION
  local name=$1 log="$logs/${1//[^A-Za-z0-9]/-}.log" line
  dotnet test ClemReg.Fiji.sln -c Release --no-build --nologo --filter "$2" >"$log" 2>&1 </dev/null
  line=$(grep -E '(Passed|Failed)! +- Failed' "$log" | tail -1)
  if [ -z "$line" ]; then
    if grep -q 'No test matches' "$log"; then count "$name" 0 0 0; return; fi
    tail -30 "$log"
    count "$name (did not finish)" 0 1 0
    return
  fi
  grep -E '^\s+Failed ' -A 12 "$log" | head -80
  read -r f p s < <(sed -E 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\1 \2 \3/' <<<"$line")
  count "$name" "$p" "$f" "$s"
}

install_build_tools
install_packages unzip xvfb xauth x11-utils imagemagick xdotool openbox python3 python3-numpy python3-tifffile
if ! java -XshowSettings:none -version >/dev/null 2>&1 || [ ! -e "$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")/lib/libawt_xawt.so" ]; then
  install_packages default-jre # dialogs need a Java that can open windows
fi
if ! "$root/scripts/build.sh"; then
  count "build" 0 1 0
  finish
fi

if [ -z "$filter" ]; then
  # Style and code rules are errors of the build (EnforceCodeStyleInBuild); only the layout is left.
  if dotnet format whitespace ClemReg.Fiji.sln --verify-no-changes --no-restore >"$logs/format.log" 2>&1; then count "format" 1 0 0
  else head -20 "$logs/format.log"; count "format" 0 1 0; fi
  if git diff --quiet -- docs/parameters.md 2>/dev/null; then count "docs/parameters.md is as generated" 1 0 0
  else git diff --stat -- docs/parameters.md; count "docs/parameters.md is as generated (commit it)" 0 1 0; fi
fi

expression=${filter:+FullyQualifiedName~$filter}
beside dotnet_tests "C#" "$expression"
kernels="Category=Kernel${filter:+&FullyQualifiedName~$filter}"
DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 beside dotnet_tests "C# kernels without AVX-512" "$kernels"
DOTNET_EnableAVX2=0 beside dotnet_tests "C# kernels without AVX2" "$kernels"
DOTNET_EnableHWIntrinsic=0 beside dotnet_tests "C# kernels, scalar" "$kernels"

# --- Java
work=$root/build/test-java
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
jar=$(ls "$root"/build/Clem_Reg-*.jar)
rm -rf "$work"
mkdir -p "$work/classes"
find fiji-plugin/src/test -name '*.java' >"$work/sources.txt"
if ! javac --release 8 -nowarn -Xlint:-options -encoding UTF-8 -cp "$jar:$ij:$root/build/java/tools" -d "$work/classes" "@$work/sources.txt" >"$logs/javac.log" 2>&1; then
  cat "$logs/javac.log"
  count "Java tests compile" 0 1 0
fi
export CLEMREG_JAR=$jar CLEMREG_IJ_JAR=$ij

# --- in ImageJ, and on the command line; the longest first: these two by far, the others by their size
for script in tests/plugin/test-{imagej,walk}.sh $(ls -S tests/plugin/test-*.sh | grep -vE 'test-(imagej|walk)\.sh'); do
  name=$(basename "$script" .sh)
  if [ -z "$filter" ] || [[ $name == *"$filter"* ]]; then beside part "$name" bash "$script" "$work"; fi
done

# --- on every JDK here: those under /usr/lib/jvm and those that CLEMREG_JAVA_HOMES names (separated by colons).
javas=()
while read -r java; do javas+=("$java"); done < <(
  { ls -d /usr/lib/jvm/*/bin/java 2>/dev/null; tr ':' '\n' <<<"${CLEMREG_JAVA_HOMES:-}" | sed '/^$/d; s#$#/bin/java#'; } |
    while read -r j; do [ -x "$j" ] && readlink -f "$j"; done | sort -u)
version_of() { "$1" -version 2>&1 | sed -nE '1s/.*"(1\.)?([0-9]+).*/\2/p'; }
seen=" "
for java in "${javas[@]}"; do
  version=$(version_of "$java")
  seen="$seen$version "
  native=()
  [ "$version" -ge 17 ] && native=(--enable-native-access=ALL-UNNAMED)
  if [ -z "$filter" ] || [[ BridgeStress == *"$filter"* ]]; then
    beside part "bridge stress, Java $version" "$java" "${native[@]}" -Xmx128m -cp "$work/classes:$jar" clem.bridge.BridgeStress 40
    beside part "bridge stress, Java $version, baseline" "$java" "${native[@]}" -Xmx128m -Dclemreg.level=baseline -cp "$work/classes:$jar" clem.bridge.BridgeStress 15
    beside part "bridge stress, Java $version, worker" "$java" "${native[@]}" -Xmx128m -cp "$work/classes:$jar" clem.bridge.BridgeStress 15 worker
  fi
  beside part "Java layer, Java $version" "$java" "${native[@]}" -Djava.awt.headless=true -Dclemreg.test.dialogs=none -Dclemreg.repo="$root" \
    -cp "$work/classes:$jar:$ij:$root/build/java/tools" clem.test.AllTests "$filter"
done
for version in 8 17 21 25; do
  case "$seen" in *" $version "*) ;; *) echo "unverified: no Java $version here (CLEMREG_JAVA_HOMES may name one)" ;; esac
done

finish
