#!/bin/sh
# Says in one sentence what is missing before anything is downloaded.
python=${1:-python3}

fail() {
  echo "glasspane: $1" >&2
  exit 1
}

command -v "$python" >/dev/null 2>&1 ||
  fail "Python 3.10 or newer is needed and \"$python\" was not found: install it, or name one with PYTHON=/path/to/python3."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  fail "Python 3.10 or newer is needed; \"$python\" is $("$python" -V 2>&1 | cut -d' ' -f2). Name another with PYTHON=/path/to/python3."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "this Python cannot make virtual environments: install its venv module (on Debian: apt-get install python3-venv)."
command -v node >/dev/null 2>&1 ||
  fail "Node.js 20 or newer is needed to build the front end and was not found: install it from https://nodejs.org."
node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' ||
  fail "Node.js 20 or newer is needed to build the front end; this is $(node --version)."
command -v npm >/dev/null 2>&1 ||
  fail "npm is needed to build the front end and was not found: it comes with Node.js from https://nodejs.org."
