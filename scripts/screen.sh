# A screen of its own with ImageJ's folder, for a Java that opens windows. Shared by the tests and make-pictures.sh; source it, with the jar in $jar. It does nothing by itself.

# What runs besides and is to end with the script.
running=""

# Opens the screen: $java, $DISPLAY, WORK/ij/plugins with the jar, WORK/home. Returns 1, and says what is $missing, where one of the programs is not here.
open_screen() { # WORK PROGRAM...
  local work=$1 candidate real program
  shift
  java="" missing=""
  for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java)" /usr/lib/jvm/*/bin/java; do
    [ -x "$candidate" ] || continue
    real=$(readlink -f "$candidate")
    [ -e "$(dirname "$(dirname "$real")")/lib/libawt_xawt.so" ] && { java=$real; break; }
  done
  [ -n "$java" ] || { missing="Java with windows"; return 1; }
  for program in Xvfb openbox "$@"; do command -v "$program" >/dev/null || { missing=$program; return 1; }; done
  mkdir -p "$work/ij/plugins" "$work/home"
  cp "$jar" "$work/ij/plugins/"
  exec 3<>"$work/display"
  Xvfb -displayfd 3 -screen 0 1600x1100x24 -nolisten tcp >/dev/null 2>&1 &
  running=$!
  for _ in $(seq 100); do [ -s "$work/display" ] && break; sleep 0.1; done
  export DISPLAY=:$(cat "$work/display")
  HOME=$work/home openbox >/dev/null 2>&1 & # focus and title bars
  running="$! $running"
}

# Waits for a window.
window() { # TITLE SECONDS
  for _ in $(seq $((2 * $2))); do
    xdotool search --name "$1" 2>/dev/null | grep -q . && return 0
    sleep 0.5
  done
  return 1
}
