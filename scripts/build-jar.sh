#!/usr/bin/env bash
# Builds the plugin's jar: compiles the Java sources, generates the SciJava commands from the schema, makes the help (OUT/site), packs all with the native libraries.
#   build-jar.sh NATIVES OUT [WORK]
# The schema is what the native library for this system tells. NATIVES holds <platform>/<level>/<library> and <platform>/onnxruntime/<its libraries>; the jar becomes OUT/Clem_Reg-<version>.jar; WORK is a folder for classes (OUT/java).
# CLEMREG_IJ_JAR names ImageJ's ij.jar if it is not where Debian's libij-java puts it. docs/parameters.md is written anew
# (CLEMREG_DOCS names another folder for it).
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
plugin=$repo/fiji-plugin/src
natives=$1
out=$2
work=${3:-$out/java}
docs=${CLEMREG_DOCS:-$repo/docs}
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
[ -f "$ij" ] || { echo "build-jar.sh: ImageJ's ij.jar is missing ($ij). Install it (Debian: apt-get install libij-java), or name it with CLEMREG_IJ_JAR." >&2; exit 1; }
command -v javac >/dev/null || { echo "build-jar.sh: javac is missing. Install a JDK (Debian: apt-get install default-jdk-headless)." >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work"/{stubs,classes,tools,sources,resources/natives} "$out" "$docs"

compile() { # CLASSPATH DESTINATION SOURCE-FOLDER
  find "$3" -name '*.java' | LC_ALL=C sort >"$work/sources.txt"
  javac --release 8 -g -Xlint:all,-options,-serial -Werror -proc:none -encoding UTF-8 -cp "$1" -d "$2" "@$work/sources.txt"
}

compile "" "$work/stubs" "$plugin/scijava-stubs/java"
compile "$ij:$work/stubs" "$work/classes" "$plugin/main/java"
compile "$work/classes" "$work/tools" "$plugin/build/java"
cp -r "$natives/." "$work/resources/natives"
java -Dclemreg.cache="$work/cache" -cp "$work/tools:$work/classes:$work/resources" clem.build.DumpSchema "$work/schema.json"
version=$(java -cp "$work/tools:$work/classes:$ij" clem.build.GenerateCommands "$work/schema.json" "$work/sources" "$work/resources" "$docs/parameters.md" "$work/commands")
compile "$work/classes:$work/stubs" "$work/classes" "$work/sources"

# The site, which is also the help in the jar.
help=$repo/tools/ClemReg.Help/bin/Release/net10.0/ClemReg.Help.dll
[ -f "$help" ] || dotnet build "$repo/tools/ClemReg.Help" -c Release -v quiet --nologo
dotnet "$help" --docs "$repo/docs" --commands "$work/commands" --menu "$work/resources/plugins.config" --examples "$plugin/main/resources/examples" \
  --readme "$repo/README.md" --version "$version" --out "$out/site" >&2
mkdir -p "$work/resources/help"
cp -r "$out/site/." "$work/resources/help"
{ (cd "$out/site" && find . -type f); (cd "$plugin/main/resources/help" && find . -type f); } | sed 's,^\./,,' | LC_ALL=C sort >"$work/resources/help/files.txt"

rm -f "$out"/Clem_Reg-*.jar
java -Duser.timezone=UTC -cp "$work/tools" clem.build.MakeJar "$out/Clem_Reg-$version.jar" "$version" "$work/classes" "$plugin/main/resources" "$work/resources"
echo "$out/Clem_Reg-$version.jar"
