#!/usr/bin/env bash
# What scripts/package.sh makes of what is built: layout, checksums, licences, how old a Linux may be; both ways of installation in a Fiji-like ImageJ, and a system for
# which there is a worker only.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package=$root/build/package
check "package.sh" bash -c '"$1" --no-build --only-here >"$2" 2>&1' _ "$root/scripts/package.sh" "$scratch/package.log"
version=$(basename "$jar" .jar) version=${version#Clem_Reg-}
platform=$(ls "$package/update-site/jars" 2>/dev/null)
zip=$package/CLEM-Reg-$version-$platform.zip
site_jar=$package/update-site/plugins/Clem_Reg-$version.jar
natives=$package/update-site/jars/$platform/clemreg-natives-$platform-$version.jar
for file in "$zip" "$site_jar" "$natives"; do check "$(basename "$file"): $(tail -3 "$scratch/package.log")" test -s "$file"; done
check "checksums" bash -c 'cd "$1" && sha256sum --quiet -c SHA256SUMS && [ "$(wc -l <SHA256SUMS)" = "$(find . -type f ! -name SHA256SUMS | wc -l)" ]' _ "$package"
again() { java -Duser.timezone=UTC -cp "$root/build/java/tools" clem.build.MakeJar "$scratch/$1.jar" "$version" "$root/build/java/classes" "$root/fiji-plugin/src/main/resources"; }
again 1
touch "$root/build/java/classes/clem/cli/Main.class"
again 2
check "packed twice, the bytes are the same" cmp "$scratch/1.jar" "$scratch/2.jar"

# Licences: each package that the algorithms name, ONNX Runtime and .NET have one, in every place; .NET's is that of the version that was compiled in.
unzip -qo "$zip" -d "$scratch/Fiji"
for licence in CLEM-Reg NET ONNX-Runtime three-js $(sed -nE '/PrivateAssets/d; s/.*PackageReference Include="([^"]*)".*/\1/p' "$root/src/ClemReg.Algorithms/ClemReg.Algorithms.csproj" | sed 's/^System\.Numerics\.Tensors$/NET/' | tr . -); do
  check "licence of $licence, update site" test -s "$package/update-site/licenses/clemreg/$licence.txt"
  check "licence of $licence, zip" test -s "$scratch/Fiji/licenses/clemreg/$licence.txt"
  check "licence of $licence, jar" bash -c 'unzip -l "$1" "licenses/$2.txt" | grep -q "1 file"' _ "$scratch/Fiji/plugins/Clem_Reg-$version.jar" "$licence"
done
viewer=$(ls -d "$root"/build/viewer/three-*/LICENSE 2>/dev/null)
check "the licence of three.js is that of the version in the page" bash -c 'diff <(tail -n +3 "$1") "$2" && grep -q "three.js $3\." "$1"' _ "$root/fiji-plugin/src/main/resources/licenses/three-js.txt" "$viewer" "$(basename "$(dirname "$viewer")" | sed 's/three-//')"
notices=$(ls "${NUGET_PACKAGES:-$HOME/.nuget/packages}"/microsoft.netcore.app.runtime.*/9.*/THIRD-PARTY-NOTICES.TXT 2>/dev/null | tail -1)
if [ -n "$notices" ]; then
  tr -d '\r' <"$notices" | sed 's/[ \t]*$//' >"$scratch/notices"
  check "the notices of .NET are those of the runtime that is used" cmp "$scratch/notices" <(tail -n "$(wc -l <"$scratch/notices")" "$root/fiji-plugin/src/main/resources/licenses/NET.txt")
else
  skip "the notices of .NET: its runtime package is not here"
fi

# Natives: from glibc 2.28 on, no debug symbols.
unzip -qo "$natives" -d "$scratch/natives"
find "$scratch/natives/natives" -type f | sort >"$scratch/files"
while read -r file; do
  newest=$(readelf -VW "$file" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
  echo "${file#"$scratch/natives/natives/"}: ${newest:-no version of glibc}, $(stat -c %s "$file") bytes"
  check "$(basename "$file") needs glibc 2.28 at most, not $newest" test "$(printf '%s\nGLIBC_2.28\n' "${newest:-GLIBC_2.0}" | sort -V | tail -1)" = GLIBC_2.28
  check "$(basename "$file") is stripped" bash -c '! readelf -SW "$1" | grep -q "\.debug_info"' _ "$file"
done <"$scratch/files"
check "the update site's jar has no natives" bash -c '! unzip -l "$1" | grep -q natives/' _ "$site_jar"
if jar --version >/dev/null 2>&1; then
  # Fiji puts jars/<platform> on the module path, where a name that is none stops Java.
  check "the natives' jar has a name for a module" bash -c 'jar --describe-module --file="$1" | grep -q "clemreg.natives"' _ "$natives"
fi

fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}
if [ ! -x "$fiji/fiji-like" ]; then
  skip "ImageJ: there is no fiji-like (../shared/imagej, or the folder that CLEMREG_IMAGEJ names)"
  finish
  exit 0
fi
echo 'run("CLEM-Reg Self-Test");' >"$scratch/self-test.ijm"
echo 'run("About CLEM-Reg...");' >"$scratch/about.ijm"
in_fiji() { # NAME JARS MACRO
  "$fiji/fiji-like" "$jar" -menu >/dev/null 2>&1 # compiles FijiLike
  local classes="${TMPDIR:-/tmp}/fiji-like-$(sha256sum "$fiji/FijiLike.java" | cut -c1-12)"
  java --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true "-Dclemreg.cache=$scratch/cache" "-Djava.util.prefs.userRoot=$scratch/prefs" \
    -Dfijilike.jars="$2" -cp "$fiji/jars/*:$classes" FijiLike -macro "$scratch/$3.ijm" >"$scratch/$1.log" 2>&1
}
in_fiji zip "$scratch/Fiji/plugins/Clem_Reg-$version.jar" self-test
check "the zip, unpacked into a Fiji: $(tail -15 "$scratch/zip.log")" grep -q "self-test: [5-9] passed, 0 failed" "$scratch/zip.log"
check "its menu" grep -qE "^ok +menu: [0-9]+ commands, all in ImageJ's menu" "$scratch/zip.log"
in_fiji site "$site_jar:$natives" about
check "the update site's files compute in Fiji's process: $(tail -15 "$scratch/site.log")" grep -q "^library: $platform/.*ClemReg.Bridge" "$scratch/site.log"

# A system for which there is no native library: the worker in the jar is a program that loads it from elsewhere.
library=$(find "$scratch/natives" -path '*baseline*' -name 'ClemReg.Bridge.*')
launcher=$(find "$scratch/natives" -name ClemReg.Worker)
chmod +x "$launcher"
mkdir -p "$scratch/whole/natives/$platform/worker"
cp -r "$scratch/natives/natives/$platform/onnxruntime" "$scratch/whole/natives/$platform"
printf '#!/bin/sh\nexec %q %q\n' "$launcher" "$library" >"$scratch/whole/natives/$platform/worker/ClemReg.Worker"
(cd "$scratch/whole" && jar cf "$scratch/whole.jar" natives)
in_fiji whole "$site_jar:$scratch/whole.jar" self-test
check "a worker for everything: $(tail -15 "$scratch/whole.log")" grep -q "self-test: [5-9] passed, 0 failed" "$scratch/whole.log"
check "compute in a process of its own" grep -q "^library: none is loaded" "$scratch/whole.log"
rm "$scratch/whole/natives/$platform/worker/ClemReg.Worker" && mv "$scratch/whole/natives/$platform" "$scratch/whole/natives/win-arm64" && mkdir -p "$scratch/whole/natives/win-arm64/worker" && touch "$scratch/whole/natives/win-arm64/worker/ClemReg.Worker.exe"
(cd "$scratch/whole" && jar cf "$scratch/other.jar" natives)
in_fiji other "$site_jar:$scratch/other.jar" about
check "a package for another system says so: $(head -5 "$scratch/other.log")" grep -q "^CLEM-Reg: FAILED: .*this is $platform, and there are programs for win-arm64 only" "$scratch/other.log"
finish
