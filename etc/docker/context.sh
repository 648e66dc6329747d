#!/bin/sh
# context - fill the folder DIR with what the images are made of: the package as it is published, and koffi
# usage:  sh etc/docker/context.sh DIR        after npm ci, and npm run build where clang is
set -eu
[ $# = 1 ] || { echo "usage: sh etc/docker/context.sh DIR" >&2; exit 64; }
cd "$(dirname "$0")/../.."
[ -e dist/bpf/iomonitor.bpf.o ] || { echo "context: no dist/bpf/iomonitor.bpf.o; npm run build makes it where clang is" >&2; exit 69; }
[ -d node_modules/koffi ] || { echo "context: no node_modules/koffi; npm ci installs it" >&2; exit 69; }
rm -rf "$1/app"
mkdir -p "$1/app/node_modules"
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$1")
tar -xzf "$1/$tarball" --strip-components=1 -C "$1/app"
rm "$1/$tarball"
# The versions of the lockfile, for this machine's architecture, both for glibc and for musl.
cp -r node_modules/koffi node_modules/@koromix "$1/app/node_modules/"
chmod 755 "$1"/app/dist/*.cjs
