# Shared by the scripts: where things are, and the installation of what is missing. Source it; it does nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "cannot install packages: run this as root or install sudo"
  fi
}

# Installs those of the Debian packages that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "these packages are needed, and there is no apt-get to install them: ${missing[*]}"
  say "installing ${missing[*]}"
  as_root apt-get update -qq || say "warning: the package lists could not be updated"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || die "these packages could not be installed: ${missing[*]}"
}

# .NET needs ICU, whose package has another name in each release.
install_icu() {
  ldconfig -p 2>/dev/null | grep -q libicuuc && return
  local package
  package=$(apt-cache pkgnames libicu 2>/dev/null | grep -E '^libicu[0-9]+$' | sort -V | tail -1)
  install_packages "${package:-libicu-dev}"
}

# The .NET SDK is the one thing that Debian does not package.
require_dotnet() {
  have_sdk() { command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; }
  have_sdk && return
  if apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then install_packages dotnet-sdk-10.0; fi
  have_sdk || die "the .NET SDK 10 is needed to build (not to use) CLEM-Reg, and this system has no package for it.
Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (Linux, SDK, x64 or Arm64), for instance with the
dotnet-install script: dotnet-install.sh --channel 10.0, put its folder on PATH, and run this again."
}

# What building needs. Any JDK from 9 on compiles the plugin for Java 8.
install_build_tools() {
  local packages=(gcc libc6-dev zlib1g-dev binutils libij-java fontconfig fonts-dejavu-core ca-certificates)
  command -v javac >/dev/null || packages+=(default-jdk-headless)
  command -v npm >/dev/null || packages+=(npm) # ONNX Runtime's libraries are an npm package
  install_packages "${packages[@]}"
  install_icu
  require_dotnet
}

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
