#!/usr/bin/env bash
# setup - install the real counterparts that the tests run against; safe to run twice
# usage:  npm run setup        as root on Debian; elsewhere it says what the tests will skip
set -euo pipefail

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
	echo "setup: all there: ${packages[*]}"
	exit 0
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
