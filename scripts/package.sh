#!/usr/bin/env bash
# Makes what is published, in build/package/:
#   update-site/                 the files of a Fiji update site: plugins/ (the jar without natives), jars/<platform>/ (the natives), licenses/
#   CLEM-Reg-VERSION-PLATFORM.zip  for installation by hand: unzip into Fiji's folder; one jar with that platform's natives
#   SHA256SUMS                   of all these
# The update site's index (db.xml.gz) is written by Fiji's own updater when the folder is uploaded.
#   package.sh               builds first (scripts/build.sh)
#   package.sh --no-build    packs what was built last
#   package.sh --only-here   for this system only
# The natives of this system come from the build. For another system the worker with .NET in it is published from here, if the package feed has .NET's runtime for it
# and ONNX Runtime's npm package has that; docs/decisions/30-packaging.md says what has. On any other system run this script there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
build=true others=true
for option in "$@"; do
  case $option in
    --no-build) build=false ;;
    --only-here) others=false ;;
    *) die "unknown option $option; usage: package.sh [--no-build] [--only-here]" ;;
  esac
done
! $build || scripts/build.sh
jar=$(ls build/Clem_Reg-*.jar 2>/dev/null) || die "there is no jar to pack. Run package.sh without --no-build."
version=$(sed -E 's/.*Clem_Reg-(.*)\.jar/\1/' <<<"$jar")
here=linux64
[ "$(uname -m)" != aarch64 ] || here=linux-arm64

out=$root/build/package
work=$root/build/package-work
rm -rf "$out" "$work"
mkdir -p "$out/update-site/plugins" "$out/update-site/licenses/clemreg" "$work/natives"
pack() { java -Duser.timezone=UTC -cp build/java/tools clem.build.MakeJar "$@"; }

# --- natives of each platform that there is
mkdir -p "$work/natives/$here"
cp -r "build/natives/$here/." "$work/natives/$here"
platforms=("$here")
while read -r platform rid; do
  $others && [ "$platform" != "$here" ] || continue
  log=$work/$platform.log
  if ! dotnet publish src/ClemReg.Worker -c Release -v quiet --nologo -r "$rid" --self-contained -p:ClemRegWholeWorker=true -p:RunAnalyzers=false -o "$work/publish-$platform" >"$log" 2>&1 </dev/null; then
    if grep -qE 'NU110[12].*Microsoft\.NETCore\.App\.Runtime\.' "$log"; then
      say "$platform: not made, the package feed has no .NET runtime for it (Microsoft.NETCore.App.Runtime.$rid)"
      continue
    fi
    tail -5 "$log" >&2
    die "the worker for $platform could not be published"
  fi
  scripts/fetch-onnxruntime.sh --all </dev/null
  mkdir -p "$work/natives/$platform/worker" "$work/natives/$platform/onnxruntime"
  cp "$work/publish-$platform"/ClemReg.Worker "$work/publish-$platform"/ClemReg.Worker.exe "$work/natives/$platform/worker" 2>/dev/null || true
  # Without the libraries for graphics processors (docs/decisions/30-packaging.md).
  for library in libonnxruntime.so.1 libonnxruntime.1.dylib onnxruntime.dll; do
    if [ -f "build/onnxruntime/$platform/$library" ]; then cp "build/onnxruntime/$platform/$library" "$work/natives/$platform/onnxruntime"; fi
  done
  platforms+=("$platform")
done <<P
linux64 linux-x64
linux-arm64 linux-arm64
macos-arm64 osx-arm64
win64 win-x64
win-arm64 win-arm64
P

# --- jars and zips
cp -r build/java/resources "$work/resources"
rm -rf "$work/resources/natives"
contents=("$root/build/java/classes" fiji-plugin/src/main/resources "$work/resources")
cp fiji-plugin/src/main/resources/licenses/*.txt "$out/update-site/licenses/clemreg"
pack "$out/update-site/plugins/Clem_Reg-$version.jar" "$version" "${contents[@]}"
for platform in "${platforms[@]}"; do
  mkdir -p "$work/only-$platform/natives" "$out/update-site/jars/$platform" "$work/zip-$platform/plugins" "$work/zip-$platform/licenses/clemreg"
  mv "$work/natives/$platform" "$work/only-$platform/natives"
  pack "$out/update-site/jars/$platform/clemreg-natives-$platform-$version.jar" "$version" "$work/only-$platform"
  if [ "$platform" = "$here" ]; then cp "$jar" "$work/zip-$platform/plugins"
  else pack "$work/zip-$platform/plugins/Clem_Reg-$version.jar" "$version" "${contents[@]}" "$work/only-$platform"; fi
  cp fiji-plugin/src/main/resources/licenses/*.txt "$work/zip-$platform/licenses/clemreg"
  pack "$out/CLEM-Reg-$version-$platform.zip" - "$work/zip-$platform"
done

# --- what can be said about them
(cd "$out" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | sed 's#^\./##' | xargs -d '\n' sha256sum >SHA256SUMS)
(cd "$out" && find . -type f | LC_ALL=C sort | xargs -d '\n' ls -l | awk '{ printf "%10.1f MB  %s\n", $5 / 1e6, $NF }')
for platform in "${platforms[@]}"; do
  find "$work/only-$platform" -type f | LC_ALL=C sort | while read -r file; do
    glibc=$(readelf -VW "$file" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 || true)
    printf '%10.1f MB  %s%s\n' "$(stat -c %s "$file" | awk '{ print $1 / 1e6 }')" "${file#"$work/only-$platform/natives/"}" "${glibc:+, $glibc}"
  done
done
rm -rf "$work"
