#!/usr/bin/env bash
# setup - install the real counterparts that the tests run against; safe to run twice
# usage:  npm run setup        as root on Debian; elsewhere it says what the tests will skip
set -euo pipefail

# versitygw, an S3 server in one file, built from its Go module into a folder outside the repository.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/bpfpipe"
install_versitygw() {
	local folder="$cache/versitygw-1.8.0"
	[ -x "$folder/versitygw" ] && return
	if ! command -v go >/dev/null; then
		echo 'setup: no go, so no versitygw; tests that need an S3 server are skipped' >&2
		return
	fi
	echo "setup: building versitygw into $folder"
	GOBIN="$folder" CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' github.com/versity/versitygw/cmd/versitygw@v1.8.0
}

packages=(bpftrace graphite-carbon logrotate mawk strace runit procps util-linux systemd systemd-container zsh)

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup: not root on Debian, so nothing is installed; tests that need ${packages[*]} are skipped" >&2
	exit 0
fi

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	install_versitygw
	echo "setup: all there: ${packages[*]}"
	exit 0
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
install_versitygw
echo "setup: done"
