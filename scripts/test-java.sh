#!/usr/bin/env bash
# Tests the Java layer against a bridge in plain Java (no native library needed). The last line is 'N passed, N failed, N skipped'.
#   test-java.sh [NAME]      NAME is a part of Class.method
# CLEMREG_TEST_JAVA names the java to run with; CLEMREG_IJ_JAR ImageJ's ij.jar. With xvfb-run the dialogs are tested too.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tests=$repo/fiji-plugin/src/test
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
java=${CLEMREG_TEST_JAVA:-java}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # CLASSPATH DESTINATION SOURCE-FOLDER...
  local classpath=$1 destination=$2
  shift 2
  mkdir -p "$destination"
  find "$@" -name '*.java' | LC_ALL=C sort >"$work/sources.txt"
  javac --release 8 -Xlint:all,-options,-serial -Werror -proc:none -encoding UTF-8 -cp "$classpath" -d "$destination" "@$work/sources.txt"
}

# The jar is built from the fake bridge's schema, by the same script as the real one.
main=$repo/fiji-plugin/src/main/java
compile "" "$work/fake" "$main/clem/bridge" "$main/clem/json" "$tests/java/clem/test/FakeBridge.java"
java -cp "$work/fake" clem.test.FakeBridge >"$work/schema.json"
mkdir -p "$work/natives"
CLEMREG_DOCS=$work/docs "$repo/scripts/build-jar.sh" "$work/natives" "$work/jar" "$work/schema.json" >/dev/null
classes=$work/jar/java/classes
compile "$ij:$classes:$work/jar/java/stubs" "$work/tests" "$tests/java"
compile "$ij" "$work/bioformats" "$tests/bioformats"
mkdir "$work/all"
(cd "$work/all" && jar xf "$work"/jar/Clem_Reg-*.jar && cp -r "$work/tests/." . && jar cf "$work/Fake_Clem.jar" .)

run() { # HEADLESS FILTER [COMMAND...]
  "${@:3}" "$java" "-Djava.awt.headless=$1" -Dclemreg.test.launcher="$repo/scripts/clemreg" -Dclemreg.test.jar="$work/Fake_Clem.jar" \
    -Dclemreg.test.bioformats="$work/bioformats" -Dclemreg.test.dialogs="$dialogs" \
    -cp "$classes:$work/tests:$work/jar/java/stubs:$work/jar/java/resources:$ij" clem.test.AllTests "$2" | tee "$work/log"
  tail -n 1 "$work/log" >>"$work/counts"
}

export CLEMREG_IJ_JAR=$ij
failed=0
if command -v xvfb-run >/dev/null && command -v xauth >/dev/null; then
  dialogs=none run true "${1:-}" || failed=1
  dialogs=only run false "${1:-}" xvfb-run -a || failed=1
else
  dialogs=all run true "${1:-}" || failed=1
fi
awk '{ passed += $1; failed += $3; skipped += $5 } END { print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped" }' "$work/counts"
exit $failed
