#!/bin/sh
# Prints the path of a Chromium for the browser tests, installing Debian's where that is allowed.
if [ -n "${CHROMIUM:-}" ]; then
  if [ -x "$CHROMIUM" ]; then
    echo "$CHROMIUM"
    exit 0
  fi
  echo "glasspane: CHROMIUM names \"$CHROMIUM\", which cannot be run." >&2
  exit 1
fi

for candidate in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -x "$candidate" ]; then
    echo "$candidate"
    exit 0
  fi
done

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
  if [ "$as_root" != no ]; then
    echo "glasspane: installing Debian's chromium for the browser tests …" >&2
    if { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium; } >&2 &&
      [ -x /usr/bin/chromium ]; then
      echo /usr/bin/chromium
      exit 0
    fi
  fi
fi

echo "glasspane: the browser tests need Chromium: install it (on Debian: apt-get install chromium) or name one with CHROMIUM=/path/to/chromium." >&2
exit 1
