#!/usr/bin/env bash
# Lays out ONNX Runtime's libraries under build/onnxruntime/<platform>/, taken from the npm package onnxruntime-node, whose own
# installation script (it downloads more) never runs. Says nothing when the files are there already.
#   fetch-onnxruntime.sh           for this Linux, x64 or arm64
#   fetch-onnxruntime.sh --all     for every platform that the package serves
# The package and every file are compared with the hashes below. npm's own configuration says where packages come from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=1.30.0
package_sha256=6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75
# Platform as in the jar, file in the package, SHA-256. There is nothing for Intel Macs in it.
files="\
linux64 linux/x64/libonnxruntime.so.1 ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23
linux-arm64 linux/arm64/libonnxruntime.so.1 1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76
macos-arm64 darwin/arm64/libonnxruntime.1.dylib 685d2be5dba1309c89d3a5324b7fd06a5c42f1a61bfea32d14c4cc28d072121d
win64 win32/x64/onnxruntime.dll 508c362f5673483dd3a086379c392795b2e42d10d5e6f3f90ebd7ac21c97af67
win64 win32/x64/DirectML.dll 234e8898778cdec88d3cb0539508273494082812c968699f3de665a018971625
win64 win32/x64/dxcompiler.dll 593d42df78c7f9cbd97c1374af107cfe20985759f98b77afc1448fe41ee3cc76
win64 win32/x64/dxil.dll cf9a3981263f8ec30c9905d136eeaf4b4573209c602198671b958ec86905dea8
win-arm64 win32/arm64/onnxruntime.dll 6c3a2abf5c6aca11c48a0d338a91af309f2266f25ce2e4084e6a87bbcb0fbfd0
win-arm64 win32/arm64/DirectML.dll aaf72a9d55aa123e0708d957d30dd4fbeb7a2e335ec6257ed5ff4261a402b9ee
win-arm64 win32/arm64/dxcompiler.dll 442a995492579e1048cf1f05a86ab00f476c46b7f9d0996e588884040a543bbe
win-arm64 win32/arm64/dxil.dll 859b6d638c5ca3df39e9cab2a602cb0f63d0e63d750f84bb2a9ec9031319b73e"

here=linux64
[ "$(uname -m)" != aarch64 ] || here=linux-arm64
case ${1:-} in
  "") files=$(grep "^$here " <<<"$files") ;;
  --all) ;;
  *) die "unknown option $1; usage: fetch-onnxruntime.sh [--all]" ;;
esac

out=$root/build/onnxruntime
is() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; } # FILE SHA-256
wanted() { # the lines of the files that are not there yet
  local platform path hash
  while read -r platform path hash; do
    is "$out/$platform/${path##*/}" "$hash" || echo "$platform $path $hash"
  done <<<"$files"
}

missing=$(wanted)
[ -n "$missing" ] || exit 0
command -v npm >/dev/null || install_packages npm
mkdir -p "$out"
work=$(mktemp -d "$out/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching ONNX Runtime $version (npm package onnxruntime-node, 114 MB)"
(cd "$work" && npm pack "onnxruntime-node@$version" --ignore-scripts >npm.log 2>&1) || {
  tail -5 "$work/npm.log" >&2
  die "npm could not get onnxruntime-node $version. Is the package registry that npm is configured for reachable (npm ping)?"
}
package=$work/onnxruntime-node-$version.tgz
is "$package" "$package_sha256" || die "onnxruntime-node $version is not the package that was reviewed: its SHA-256 should be $package_sha256."
while read -r platform path hash; do
  tar -xzf "$package" -C "$work" "package/bin/napi-v6/$path"
  is "$work/package/bin/napi-v6/$path" "$hash" || die "$path in onnxruntime-node $version is not the file that was reviewed."
  mkdir -p "$out/$platform"
  chmod 644 "$work/package/bin/napi-v6/$path"
  mv -f "$work/package/bin/napi-v6/$path" "$out/$platform/"
done <<<"$missing"
