#!/usr/bin/env bash
# The process in which models run: what it gives is what is computed inside, and whatever happens to it or to Java the other is not harmed by it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=${1:-}
export CLEMREG_JAVA_OPTS="-Dclemreg.cache=$scratch/cache"
unset FIJI_ORT_LIB
golden=$root/tests/ClemReg.Algorithms.Tests/golden
check "simulate" sample
s=$scratch/sample
cp "$golden/inference/dark.onnx" "$golden/mitonet/fused.pth" "$scratch"
check "a MitoNet" "$clemreg" convert-model --model "$scratch/fused.pth" --out "$scratch/mito.onnx"

segment() { # OUT OPTIONS...
  local out=$scratch/$1
  shift
  "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$out" --provider cpu "$@" >"$scratch/stdout" 2>"$scratch/stderr"
}
same() { cmp "$scratch/$1/labels.tif" "$scratch/$2/labels.tif" && cmp "$scratch/$1/mask.tif" "$scratch/$2/mask.tif"; }
says() { grep -qF -- "$1" "$scratch/stderr"; }

two_at_once() {
  segment default & local first=$!
  segment second && wait $first
}
check "two at once, the first to unpack everything" two_at_once
check "they give the same" same default second
CLEMREG_MODELS=inside check "inside" segment inside
check "gives the same" same default inside
CLEMREG_MODELS=process check "in a process, asked for" segment process
check "gives the same too" same default process
CLEMREG_MODELS=elsewhere refuses "nowhere else" 2 "CLEMREG_MODELS|elsewhere|process or inside" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"

# Where it cannot be started.
CLEMREG_JAVA_OPTS="$CLEMREG_JAVA_OPTS -Dclemreg.worker=/bin/false" check "models run inside then" segment fallen
check "and the log says so" says "Models run in this process"
check "with the same result" same default fallen
CLEMREG_MODELS=process CLEMREG_JAVA_OPTS="$CLEMREG_JAVA_OPTS -Dclemreg.worker=/bin/false" refuses "unless it was asked for" 1 "cannot be started|/bin/false|exit code 1|clemreg.models=inside" \
  segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"

# Libraries that behave badly, in the place of ONNX Runtime.
library() { # NAME: C from standard input
  gcc -shared -fPIC -o "$scratch/$1.so" -x c - -ldl -lpthread
}
if command -v gcc >/dev/null; then
  real=$(find "$scratch/cache" -name 'libonnxruntime.so.1')
  library noise <<C
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *noise(void *unused) {
  for (;;) {
    printf("noise on standard output\n");
    fflush(stdout);
    write(1, "more noise\n", 11);
    usleep(200);
  }
}
__attribute__((constructor)) static void begin(void) { pthread_t thread; pthread_create(&thread, 0, noise, 0); }
const void *OrtGetApiBase(void) { return ((const void *(*)(void))dlsym(dlopen("$real", RTLD_NOW), "OrtGetApiBase"))(); }
C
  FIJI_ORT_LIB=$scratch/noise.so check "a library that prints to standard output" segment noise
  check "disturbs nothing" same default noise

  library crash <<'C'
#include <stdio.h>
const void *OrtGetApiBase(void) { fprintf(stderr, "the driver loses its way\n"); *(volatile int *)0 = 1; return 0; }
C
  FIJI_ORT_LIB=$scratch/crash.so refuses "a library that crashes" 1 "ended while segment_em ran|SIGSEGV|provider = cpu|update its driver|It said last: the driver loses its way" \
    segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
  library abort <<'C'
#include <stdlib.h>
const void *OrtGetApiBase(void) { abort(); }
C
  FIJI_ORT_LIB=$scratch/abort.so refuses "a library that gives up" 1 "SIGABRT" segment-em --image "$s/em.tif" --model "$scratch/dark.onnx" --out "$scratch/bad"
  check "nothing is left of them" test ! -e "$scratch/bad"

  library slow <<C
#include <dlfcn.h>
#include <unistd.h>
const void *OrtGetApiBase(void) { sleep(3); return ((const void *(*)(void))dlsym(dlopen("$real", RTLD_NOW), "OrtGetApiBase"))(); }
C
else
  skip "libraries that behave badly: no gcc"
fi

# Signals, from outside: starts the command in a session of its own, waits until the worker does what is asked, sends the signal.
cat >"$scratch/signals.py" <<'P'
import glob, os, signal, subprocess, sys, time

def worker_of(java):
    for status in glob.glob("/proc/[0-9]*/status"):
        try:
            text = open(status).read()
            if f"\nPPid:\t{java}\n" in text and text.startswith("Name:\tClemReg.Worker\n"):
                return int(status.split("/")[2])
        except OSError:
            pass  # gone meanwhile

def wait(what, condition):
    for _ in range(12000):
        found = condition()
        if found:
            return found
        time.sleep(0.005)
    sys.exit(what + ": not within 60 s")

def gone(process):
    try:
        return ") Z " in open(f"/proc/{process}/stat").read()
    except OSError:
        return True

def slices_of(worker):
    return [line.split()[5] for line in open(f"/proc/{worker}/maps") if "clemreg-slices" in line]

mode, command = sys.argv[1], sys.argv[2:]
java = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
worker = wait("no worker", lambda: worker_of(java.pid))
if mode == "orphan":
    slices = wait("no slices", lambda: slices_of(worker))
    java.kill()
    wait("the worker goes on without Java", lambda: gone(worker))
    folder = os.path.dirname(slices[0])
    assert not os.path.exists(folder), folder + " is left"
elif mode == "killed":
    wait("no slices", lambda: slices_of(worker))
    os.kill(worker, signal.SIGKILL)
    error = java.communicate(timeout=60)[1]
    assert java.returncode == 1 and "SIGKILL" in error and "\tat " not in error, (java.returncode, error)
else:  # Ctrl-C reaches the whole group; the worker leaves it to Java
    time.sleep(0.5)
    start = time.time()
    os.killpg(java.pid, signal.SIGINT)
    error = java.communicate(timeout=60)[1]
    assert java.returncode == 3 and "ended while" not in error, (java.returncode, error)
    wait("the worker goes on without Java", lambda: gone(worker))
P
signals() { /usr/bin/python3 "$scratch/signals.py" "$1" "$clemreg" segment-em --image "$s/em.tif" --model "$scratch/mito.onnx" --em-seg-axis --out "$scratch/signalled"; }
check "Java is killed: no worker is left, and no slices" signals orphan
check "the worker is killed: an error" signals killed
if [ -e "$scratch/slow.so" ]; then FIJI_ORT_LIB=$scratch/slow.so check "Ctrl-C" signals interrupted; fi
check "nothing is left of the three" test ! -e "$scratch/signalled"

if [ -d "$work/classes" ]; then
  check "200 damaged models and 200 damaged .pth files, in a process" java --enable-native-access=ALL-UNNAMED "-Dclemreg.cache=$scratch/cache" -cp "$work/classes:$jar" clem.bridge.ModelFuzz "$scratch/dark.onnx" "$scratch/fused.pth" 200 worker
else
  skip "damaged models: no compiled test classes (run by scripts/test.sh)"
fi
finish
