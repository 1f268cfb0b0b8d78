#!/usr/bin/env bash
# Makes what the linker needs so that a native library or program runs on older Linux systems than the one it is linked on.
#   old-glibc.sh OUT
# The linker binds each function to its newest version in this system's C library. OUT gets libraries of the same names with nothing in them but the functions whose
# newest version is newer than glibc 2.28 and that have an older one too, under that; and start.o, which starts a program as the older C library wants it. They are
# linked with (before the system's) and never shipped. Nothing is made where the C library is another one.
set -euo pipefail
out=$1
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libc=$(gcc -print-file-name=libc.so.6)
[ -f "$libc" ] || exit 0

# LIBRARY VERSION FUNCTION: in which library of an older system, and under which version. Since 2.34 libc.so.6 has what others had.
for name in libc.so.6 libm.so.6; do
  LC_ALL=C objdump -T "$(gcc -print-file-name=$name)" | sed -nE 's/.* (\(?)GLIBC_([0-9.]+)\)? +([A-Za-z_][A-Za-z0-9_]*)$/\3 \2 \1/p' | awk -v name=$name '
    function number(version, part) { split(version, part, "."); return part[1] * 1000000 + part[2] * 1000 + part[3] }
    number($2) > 2028000 { if ($3 == "") newest[$1] = 1; next }
    number($2) >= number(older[$1]) { older[$1] = $2 }
    END {
      for (f in newest) if (f in older) {
        library = name
        if (name == "libc.so.6" && f ~ /^(pthread_|sem_)/) library = "libpthread.so.0"
        else if (name == "libc.so.6" && f ~ /^dl/) library = "libdl.so.2"
        else if (name == "libc.so.6" && f ~ /^(shm_|mq_|aio_|timer_)/) library = "librt.so.1"
        print library, older[f], f
      }
    }'
done | LC_ALL=C sort >"$work/functions"

for library in libpthread.so.0 libdl.so.2 librt.so.1 libm.so.6; do
  awk -v library=$library '$1 == library { print "void " $3 "(void) {}" }' "$work/functions" >"$work/functions.c"
  for version in $(awk -v library=$library '$1 == library { print $2 }' "$work/functions" | sort -uV); do
    echo "GLIBC_$version { global: $(awk -v library=$library -v version="$version" '$1 == library && $2 == version { printf "%s; ", $3 }' "$work/functions")};"
  done >"$work/versions"
  gcc -shared -nostdlib -fno-builtin -w -Wl,-soname,$library -Wl,--version-script="$work/versions" -o "$out/$library" "$work/functions.c"
done

# The C library of before 2.34 leaves it to the program to call its own constructors.
cat >"$work/start.c" <<'C'
typedef void constructor(int, char **, char **);
typedef int program(int, char **, char **);
extern constructor *__init_array_start[] __attribute__((visibility("hidden"))), *__init_array_end[] __attribute__((visibility("hidden")));
static void construct(int count, char **arguments, char **environment) {
  for (constructor **next = __init_array_start; next < __init_array_end; next++) (*next)(count, arguments, environment);
}
int start_old(program *, int, char **, constructor *, void (*)(void), void (*)(void), void *);
__asm__(".symver start_old, __libc_start_main@GLIBC_VERSION");
int __wrap___libc_start_main(program *main, int count, char **arguments, constructor *none, void (*nothing)(void), void (*unload)(void), void *stack) {
  return start_old(main, count, arguments, construct, 0, unload, stack);
}
C
sed -i "s/GLIBC_VERSION/GLIBC_$(awk '$3 == "__libc_start_main" { print $2 }' "$work/functions")/" "$work/start.c"
gcc -c -O2 -fPIE -o "$out/start.o" "$work/start.c"
