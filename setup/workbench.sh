#!/bin/sh
# Prints the folder of a VS Code server (the workbench of the host tests), installing it on first use.
#
# The server is the one that npm's code-server carries; of that package only VS Code itself is kept. Its
# install scripts would fetch programs from outside the registry, so none is run: ripgrep comes from npm as
# well, and the native modules are built here.
version=4.100.3
ripgrep=1.18.0
native="@vscode/spdlog native-watchdog node-pty"

say() {
  echo "glasspane: $1" >&2
}

fail() {
  say "$1"
  exit 1
}

for tool in node npm tar; do
  command -v "$tool" >/dev/null 2>&1 || fail "the VS Code tests need $tool, which was not found: install it and try again."
done

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
home=${GLASSPANE_WORKBENCH:-$root/.cache/workbench}
case $home in /*) ;; *) home=$root/$home ;; esac
platform=$(node -p 'process.platform + "-" + process.arch')
# Native modules are built for one Node.js: another one needs them anew.
wanted="code-server $version, $platform, Node.js modules $(node -p process.versions.modules)"

if [ "$(cat "$home/installed" 2>/dev/null)" = "$wanted" ]; then
  echo "$home"
  exit 0
fi

# What is replaced in the end must be ours.
if [ -e "$home" ] && [ ! -f "$home/installed" ] && [ -n "$(ls -A "$home" 2>/dev/null || echo file)" ]; then
  fail "$home is not empty and holds no VS Code server of ours: name another folder with GLASSPANE_WORKBENCH."
fi

for tool in python3 make c++; do
  command -v "$tool" >/dev/null 2>&1 ||
    fail "the VS Code tests build three small native modules and need $tool for it: install it (on Debian: apt-get install build-essential python3)."
done
say "installing VS Code's server for its tests in $home (about a minute) …"

# Everything is made beside its place and moved there last, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$home")" || fail "the folder $home cannot be made: name another with GLASSPANE_WORKBENCH=/path/to/folder."
new=$home.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$new" && mkdir "$new" || exit 1

# unpack PACKAGE FOLDER: what npm packed, in FOLDER
unpack() {
  mkdir -p "$2" &&
    tarball=$(cd "$2" && npm pack --silent --loglevel=error "$1" 2>>"$new/log") &&
    tar -xzf "$2/$tarball" -C "$2" --strip-components=1 2>>"$new/log" && rm "$2/$tarball"
}

# step WHAT COMMAND...: runs it, and shows the end of its output where it fails
step() {
  what=$1
  shift
  "$@" >>"$new/log" 2>&1 </dev/null && return
  tail -n 20 "$new/log" >&2
  fail "$what failed; the lines above say why. Once that is mended, the same command starts again from the beginning."
}

# Node.js brings its headers along where it was installed whole; elsewhere node-gyp fetches them.
prefix=$(node -p 'path.dirname(path.dirname(process.execPath))')
set --
if [ -f "$prefix/include/node/node.h" ]; then set -- "--nodedir=$prefix"; fi

code=$new/package/lib/vscode
step "fetching code-server $version from npm" unpack "code-server@$version" "$new/package"
step "fetching the packages of VS Code's server" npm install --prefix "$code" --omit=dev --ignore-scripts --no-audit --no-fund
step "fetching ripgrep from npm" unpack "@vscode/ripgrep-$platform@$ripgrep" "$new/ripgrep"
for module in $native; do
  # npm explore: npm knows where its node-gyp is.
  (cd "$code" && step "building $module" npm explore "$module" -- node-gyp rebuild "$@") || exit 1
done

mv "$new/ripgrep/bin" "$code/node_modules/@vscode/ripgrep/bin" &&
  ln -s node_modules "$code/node_modules.asar" &&
  echo "$wanted" >"$code/installed" &&
  rm -rf "$home" &&
  mv "$code" "$home" || fail "the installed server could not be moved to $home: see that the folder can be written."
echo "$home"
