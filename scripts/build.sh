#!/usr/bin/env bash
# Builds everything: the libraries, both native builds of the bridge and the plugin's jar (build/Clem_Reg-VERSION.jar).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
install_build_tools
dotnet build ClemReg.Fiji.sln -c Release -v quiet -clp:NoSummary
say "built $(ls build/Clem_Reg-*.jar)"
