#!/usr/bin/env bash
# Makes build/viewer/view.js, the program of view.html: src/ClemReg.Algorithms/Meshes/view.js with what it uses of three.js, in one script, three.js's licence at its head. The build of the algorithms runs it and embeds the result.
# three.js and the bundler, esbuild, are npm packages, compared with the hashes below; no script of theirs is run while they are fetched, which is once. npm's own configuration says where packages come from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

three=0.187.0 three_sha256=ff540832ded0cfe919764d24a3d88f3e2a05f23303f876423e4f893841e90728
esbuild=0.28.2
# System and processor, package of the bundler's program for them, SHA-256, the program in it.
read -r package esbuild_sha256 program < <(grep "^$(uname -s | cut -c1-5)-$(uname -m) " <<<"\
Linux-x86_64 linux-x64 9573bb2233aab0f9ea7647d5cca9726113cc1768de61d66b17267f4db84488f6 bin/esbuild
Linux-aarch64 linux-arm64 a96dbfa41d3ef5dbd1ef22b1c10d5187be9267e86093a870f06402a7ec931596 bin/esbuild
Darwi-arm64 darwin-arm64 1980cde09749094452b20d36ff267585ccb3f72749c7bc97291cd9996ccf5a2a bin/esbuild
Darwi-x86_64 darwin-x64 abb6a7a895aaf2cc0df36fecc3bf0042479ffec51a643a056d54e9109f27db55 bin/esbuild
MINGW-x86_64 win32-x64 7286c3611b6f1f4c4d9ec90adcbc478407ff0d28ead96567f361d53e67613e19 esbuild.exe" | cut -d' ' -f2-) ||
  die "there is no esbuild known here for $(uname -s) on $(uname -m): add its npm package to bundle-viewer.sh."

out=$root/build/viewer
mkdir -p "$out"
work=$(mktemp -d "$out/.bundle.XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v npm >/dev/null || install_packages npm

unpacked() { # PACKAGE VERSION SHA-256: its files, in build/viewer/PACKAGE-VERSION, a scope's @ and / left out and made -
  local name=${1#@}
  name=${name//\//-}
  local folder=$out/$name-$2 file=$work/$name-$2.tgz
  [ -d "$folder" ] && return
  say "fetching $1 $2 (npm package)"
  (cd "$work" && npm pack "$1@$2" --ignore-scripts >npm.log 2>&1) || {
    tail -5 "$work/npm.log" >&2
    die "npm could not get $1 $2. Is the package registry that npm is configured for reachable (npm ping)?"
  }
  [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$3" ] || die "$1 $2 is not the package that was reviewed: its SHA-256 should be $3."
  mkdir "$work/$name"
  tar -xzf "$file" -C "$work/$name" --strip-components=1
  mv "$work/$name" "$folder" 2>/dev/null || [ -d "$folder" ] # the build of the other framework may have been first
}
unpacked three "$three" "$three_sha256"
unpacked "@esbuild/$package" "$esbuild" "$esbuild_sha256"

{
  printf '/*\nthree.js %s, https://threejs.org\n\n' "$three"
  cat "$out/three-$three/LICENSE"
  printf '*/\n'
} >"$work/view.js"
"$out/esbuild-$package-$esbuild/$program" "$root/src/ClemReg.Algorithms/Meshes/view.js" --bundle --minify --format=iife --target=es2020 --charset=utf8 --legal-comments=none --log-level=warning \
  "--alias:three=$out/three-$three/src/Three.js" >>"$work/view.js"
mv -f "$work/view.js" "$out/view.js"
