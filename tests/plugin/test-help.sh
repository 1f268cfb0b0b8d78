#!/usr/bin/env bash
# The help: the built site (links, anchors, pictures, commands, messages), what its generator refuses, and that Fiji opens the right page.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
classes=${1:-$root/build/test-java}/classes
ij=${CLEMREG_IJ_JAR:-/usr/share/java/ij.jar}
unzip -p "$jar" plugins.config >"$scratch/menu"
/usr/bin/python3 "$root/tests/plugin/check_site.py" "$root/build/site" "$root" <"$scratch/menu" >"$scratch/site"
code=$?
check "the site: $(tail -20 "$scratch/site")" test $code = 0
check "its pages are in the jar" cmp -s <(unzip -p "$jar" help/tutorial.html) "$root/build/site/tutorial.html"
size=$(unzip -v "$jar" 'help/*' | tail -1 | awk '{ print $2 }')
check "they take $size bytes of the jar" test "$size" -lt 3000000

# The checks can fail: a site with a link that leads nowhere, a lost picture, a missing page, and something from elsewhere.
cp -r "$root/build/site" "$scratch/broken"
rm "$scratch/broken/images/cells.jpg" "$scratch/broken/commands/mesh.html"
sed -i 's,<article>,<article><a href="#nowhere">x</a><a href="nothing.html">x</a><img src="https://example.org/x.png">,' "$scratch/broken/install.html"
/usr/bin/python3 "$root/tests/plugin/check_site.py" "$scratch/broken" "$root" <"$scratch/menu" >"$scratch/faults"
for fault in "install.html: #nowhere: there is no such place" "install.html: nothing.html leads nowhere" "https://example.org/x.png is not in the site" "images/cells.jpg is not in the site" "the command mesh has no page"; do
  check "a broken site: $fault" grep -qF "$fault" "$scratch/faults"
done

# The generator refuses documents that do not hold together, and then writes nothing.
mkdir "$scratch/repository"
ln -s "$root"/* "$scratch/repository" # documents link to the code
rm "$scratch/repository/docs"
cp -r "$root/docs" "$scratch/repository/docs"
docs=$scratch/repository/docs
make_site() {
  dotnet "$root/tools/ClemReg.Help/bin/Release/net10.0/ClemReg.Help.dll" --docs "$docs" --commands "$root/build/java/commands" --menu "$scratch/menu" \
    --examples "$root/fiji-plugin/src/main/resources/examples" --readme "$root/README.md" --version 0 --out "$scratch/made" >"$scratch/made.log" 2>&1
}
check "the documents as they are: $(make_site || cat "$scratch/made.log")" test -s "$scratch/made/index.html"
cp -r "$scratch/made" "$scratch/first" 2>/dev/null
make_site
check "two runs give the same bytes" diff -rq "$scratch/made" "$scratch/first"
rm -rf "$scratch/made"
echo "[here](faq.md#nobody) ![](images/none.png) *Plugins > CLEM-Reg > Regster…*" >>"$docs/install.md"
echo "# Alone" >"$docs/alone.md"
cp "$root/docs/images/cells.jpg" "$docs/images/unused.jpg"
make_site
check "exit code 1" test $? = 1
for fault in "faq.md#nobody leads nowhere" "no picture images/none.png" "CLEM-Reg > Regster" "docs/alone.md is not in docs/site.txt" "images/unused.jpg is shown nowhere"; do
  check "the generator tells: $fault" grep -qF "$fault" "$scratch/made.log"
done
check "and writes nothing" test ! -e "$scratch/made"

# In ImageJ with a screen: a browser that writes down what it is given, then none.
screen screenshots-help || { finish; exit 0; }
mkdir -p "$scratch/bin"
printf '#!/bin/sh\necho "$1" >"%s"\n' "$scratch/opened" >"$scratch/bin/xdg-open"
chmod +x "$scratch/bin/xdg-open"
PATH=$scratch/bin:$PATH CLEMREG_TEST_BROWSER=$scratch/opened "$java" -Duser.home="$scratch/home" -Dclemreg.test.dialogs=only -Dclemreg.cache="$scratch/cache" -Dclemreg.repo="$root" \
  -cp "$classes:$jar:$ij:$root/build/java/tools" clem.test.AllTests DialogTest.helpOpens >"$scratch/button" 2>&1
check "the help button: $(tail -5 "$scratch/button")" grep -q '^1 passed, 0 failed, 0 skipped' "$scratch/button"
rm -f "$scratch/opened"
cat >"$scratch/help.ijm" <<M
run("CLEM-Reg Help Contents...");
File.saveString("", "$scratch/came-back");
eval("script", "System.exit(0);");
M
PATH=$scratch/bin:$PATH timeout 120 "$java" -Duser.home="$scratch/home" -Dclemreg.cache="$scratch/cache" -Dplugins.dir="$scratch/ij" -cp "$ij" ij.ImageJ -macro "$scratch/help.ijm" >"$scratch/imagej.log" 2>&1
check "the menu opens the first page: $(cat "$scratch/opened" "$scratch/imagej.log" 2>/dev/null | tail -3)" grep -q '^file:/.*/index.html$' "$scratch/opened"
check "and the macro goes on" test -e "$scratch/came-back"

# Without a screen the path is told.
fiji=${CLEMREG_IMAGEJ:-$root/../shared/imagej}/fiji-like
if [ -x "$fiji" ]; then
  echo 'run("CLEM-Reg Examples...");' >"$scratch/examples.ijm"
  timeout 120 "$fiji" "$jar" -macro "$scratch/examples.ijm" >"$scratch/log" 2>&1
  page=$(sed -nE 's/.*The help is in (.*): open it in any browser.*/\1/p' "$scratch/log" | tail -1)
  check "the path of the examples: $(tail -3 "$scratch/log")" test -s "$page"
fi
finish
