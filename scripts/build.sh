#!/usr/bin/env bash
# Builds everything: the libraries, both native builds of the bridge and the plugin's jar (build/Clem_Reg-VERSION.jar).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
# The linker is called with paths that .NET does not put into quotes.
[[ $root != *[[:space:]]* ]] || die "there is a blank in $root, and .NET's native compiler cannot build in such a folder. Move the sources to one without blanks."
install_build_tools
say "building: about 4 minutes of processor time; first the C# projects are compiled (1 to 2 minutes)"
# One compiler for all projects, even where the machine's settings start one for each; it ends with the build.
built=0
# Of what it says the stages (fiji-plugin/ClemReg.FijiPlugin.csproj), errors and warnings are passed on.
dotnet build ClemReg.Fiji.sln -c Release -v minimal -clp:NoSummary -p:UseSharedCompilation=true | sed -un 's/^ *stage: /building: /p; /: \(error\|warning\)/p' || built=$?
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true
[ $built = 0 ] || exit $built
say "built $(ls build/Clem_Reg-*.jar)"
