#!/usr/bin/env bash
# kea-demo - a real Kea in a network of its own, under load, with one fault after the other, and the page that tells of it
#
# usage:  npm run demo:kea [-- --set hold=10s ...]        as root; Ctrl-C ends it, and nothing is left
#
# It makes two network namespaces, kea-demo-server and kea-demo-client, with a pair of interfaces between them, a copy of
# kea-dhcp4 that is called kea-demo (so that it is never taken for a server of yours, nor one of yours for it), and a folder
# in $TMPDIR. No other interface, server or file is touched. What a demo that was killed has left, the next one removes.
# Where something is missing it says what, and a recorded session is played, marked synthetic.
#
# etc/kea-demo.yaml runs the verbs `server`, `load` and `faults` as stages.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVER=kea-demo-server
CLIENT=kea-demo-client
# Where a demo that runs as root says that it does, for the next one.
NOTES=/run/bpfpipe-kea-demo
ADDRESS=10.77.0.1
# Of 200 addresses these many are wanted in ordinary times; while the pool is exhausted so many new ones every 3 s.
CLIENTS=150
RATE=50
RENEWALS=20
SLOW_US=5000
FAULTS=('exhausted pool' 'malformed packets' 'slow lease database' 'killed server')

say() { echo "kea-demo: $*" >&2; }

# --- the demo as a whole -------------------------------------------------------------------------------------------------

missing() {
	[ "$(id -u)" = 0 ] || echo 'root'
	local command
	for command in kea-dhcp4 perfdhcp ip strace bpftrace flock; do
		command -v "$command" >/dev/null || echo "$command"
	done
}

# When a process began, which tells it from a later one of its number; nothing where it is gone, or waits to be reaped.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

end_left_supervisor() {
	local pid born
	read -r pid born <"$NOTES/up" || return 0
	[ -n "$born" ] && [ "$(birth "$pid")" = "$born" ] || return 0
	say "ends the demo that was left behind (process $pid)"
	kill -TERM "$pid" || true
	for _ in {1..100}; do
		[ "$(birth "$pid")" = "$born" ] || return 0
		sleep 0.1
	done
	kill -KILL "$pid" || true
}

# Everything that this demo, or one before it, has made; what is not there is no fault.
clean() {
	[ ! -f "$NOTES/up" ] || end_left_supervisor
	local name pids folder
	for name in $SERVER $CLIENT; do
		[ -e "/run/netns/$name" ] || continue
		pids=$(ip netns pids "$name" || true)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		ip netns del "$name" || true
	done
	if [ -f "$NOTES/folder" ]; then
		read -r folder <"$NOTES/folder" || true
		case $folder in
		/*/bpfpipe-kea-demo.??????) rm -rf -- "$folder" ;;
		esac
	fi
	rm -rf "$NOTES"
}

make_network() {
	ip netns add $SERVER
	ip netns add $CLIENT
	ip link add kea-demo-s netns $SERVER type veth peer name kea-demo-c netns $CLIENT
	ip -n $SERVER addr add $ADDRESS/16 dev kea-demo-s
	ip -n $CLIENT addr add 10.77.255.1/16 dev kea-demo-c
	ip -n $SERVER link set kea-demo-s up
	ip -n $CLIENT link set kea-demo-c up
}

write_configuration() {
	cat >"$1/kea.json" <<-END
		{"Dhcp4": {
		  "interfaces-config": {"interfaces": ["kea-demo-s"], "dhcp-socket-type": "raw", "re-detect": false},
		  "control-socket": {"socket-type": "unix", "socket-name": "$1/socket"},
		  "lease-database": {"type": "memfile", "persist": true, "name": "$1/leases.csv", "lfc-interval": 0},
		  "multi-threading": {"enable-multi-threading": true, "thread-pool-size": 2, "packet-queue-size": 64},
		  "expired-leases-processing": {"reclaim-timer-wait-time": 1, "hold-reclaimed-time": 0, "flush-reclaimed-timer-wait-time": 1},
		  "valid-lifetime": 20,
		  "subnet4": [{"id": 1, "subnet": "10.77.0.0/16", "pools": [{"pool": "10.77.1.1-10.77.1.200"}]}],
		  "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "$1/kea.log", "flush": true}]}]
		}}
	END
}

# All that the supervisor keeps is in the folder. It has a session of its own: a Ctrl-C comes here alone, and goes on once.
supervise() {
	local folder=$1 pid again status=0
	shift
	STATE_DIRECTORY=$folder RUNTIME_DIRECTORY=$folder LOGS_DIRECTORY=$folder \
		setsid node "$ROOT/dist/bpfpipe.cjs" up "$ROOT/etc/kea-demo.yaml" "$@" 9<&- &
	pid=$!
	[ "$(cat $NOTES/folder 2>/dev/null)" != "$folder" ] || echo "$pid $(birth $pid)" >$NOTES/up
	# shellcheck disable=SC2064
	trap "kill -TERM $pid 2>/dev/null || true" INT TERM HUP
	while [ -n "$(birth $pid)" ]; do
		status=0
		wait $pid || status=$?
	done
	# A wait that a signal cut short says so, and nothing of the supervisor, which may have ended since.
	if [ $status -gt 128 ]; then
		wait $pid 2>/dev/null || again=$?
		[ "${again:=0}" = 127 ] || status=$again
	fi
	exit $status
}

new_folder() { mktemp -d "${TMPDIR:-/tmp}/bpfpipe-kea-demo.XXXXXX"; }

replayed() {
	local folder
	say "$1; a recorded session is played instead, marked synthetic"
	shift
	folder=$(new_folder)
	# shellcheck disable=SC2064
	trap "rm -rf -- '$folder'" EXIT
	supervise "$folder" "$@"
}

demo() {
	local lacks folder
	lacks=$(missing | paste -sd' ')
	[ -z "$lacks" ] || replayed "missing: $lacks (npm run setup installs programs on Debian)" "$@"
	# The lock is on a folder that is there anyway, so that no file is left of it (ip itself locks /run/netns).
	exec 9</run
	flock -n 9 || {
		say 'another demo runs on this machine; end it first'
		exit 75
	}
	clean
	if ! make_network; then
		clean
		replayed 'no network namespaces can be made here' "$@"
	fi
	trap 'clean' EXIT
	folder=$(new_folder)
	mkdir -p -m 700 $NOTES
	echo "$folder" >$NOTES/folder
	write_configuration "$folder"
	cp "$(command -v kea-dhcp4)" "$folder/kea-demo"
	supervise "$folder" --set "folder=$folder" "$@"
}

# --- its stages ----------------------------------------------------------------------------------------------------------

server() {
	rm -f "$1"/*.pid
	export KEA_PIDFILE_DIR=$1 KEA_LOCKFILE_DIR=$1 KEA_DHCP_DATA_DIR=$1
	[ ! -s "$1/kea.log" ] || tail -n 1 "$1/kea.log" >&2
	exec ip netns exec $SERVER "$1/kea-demo" -c "$1/kea.json" >"$1/kea.log" 2>&1
}

# In the background and waited for, or a TERM would have to wait until it is done.
patiently() {
	"$@" &
	local child=$!
	trap 'kill -TERM $child 2>/dev/null; exit 0' TERM
	wait $child || true
}

load() {
	local base
	while :; do
		base=02:00:00:00:00:00
		[ ! -f "$1/crowd" ] || base=$(printf '02:%02x:%02x:%02x:00:00' $((RANDOM % 255 + 1)) $((RANDOM % 256)) $((RANDOM % 256)))
		patiently ip netns exec $CLIENT perfdhcp -4 -l kea-demo-c -r $RATE -f $RENEWALS -R $CLIENTS -b "mac=$base" \
			-p 3 -W 200000 >/dev/null 2>&1
		patiently sleep 0.1
	done
}

server_pid() {
	local pid
	for pid in $(ip netns pids $SERVER); do
		[ "$(readlink "/proc/$pid/exe")" != "$1/kea-demo" ] || echo "$pid"
	done
}

# How packets are malformed: each is one that Kea has to notice in another place.
malformed() {
	local head='\1\1\6\0\1\2\3\4' cookie='\x63\x82\x53\x63' fixed
	fixed="$head$(printf '\\0%.0s' {1..228})"
	case $1 in
	0) printf '\1' ;;
	1) printf "%b" "$head" ;;
	2) printf "%b" "$fixed" ;;
	3) printf "%b" "$fixed\1\2\3\4\377" ;;
	4) printf "%b" "$fixed\x63\x82" ;;
	5) printf "%b" "$fixed$cookie\65\1\1\75\310\1\2" ;;
	6) printf "%b" "$fixed$cookie\65\1\1\75" ;;
	7) printf "%b" "$fixed$cookie\65\1\1\62\3\12\0\0\377" ;;
	8) printf "%b" "$fixed$cookie\65\2\1\1\377" ;;
	9) printf "%b" "$fixed$cookie\377" ;;
	esac
}

send_malformed() {
	local kind
	for kind in {0..9}; do
		# From a file and by cat, which makes one datagram of it.
		malformed "$kind" >"$1/packet"
		ip netns exec $CLIENT bash -c "cat '$1/packet' >/dev/udp/$ADDRESS/67"
	done
}

# Which fault is on, for the page: a line for each of them, 1 or 0.
tell() {
	local fault ts
	ts=$(date +%s%3N)
	for fault in "${FAULTS[@]}"; do
		printf '{"type":"gauge","ts":%s,"host":"%s","metric":"demo_fault","unit":"1","attributes":{"fault":"%s"},"value":%d}\n' \
			"$ts" "$(hostname)" "$fault" "$([ "$fault" = "$1" ] && echo 1 || echo 0)"
	done
}

# For so many seconds, say each second that the fault of this name is on, and do what is behind it.
hold() {
	local name=$1 seconds=$2
	shift 2
	for ((; seconds > 0; seconds--)); do
		tell "$name"
		"$@"
		patiently sleep 1
	done
}

faults() {
	local folder=$1 seconds=$2 slow
	rm -f "$folder/crowd"
	while :; do
		say "for ${seconds} s: no fault. $CLIENTS clients, $RATE exchanges and $RENEWALS renewals a second"
		hold '' "$seconds" true
		say "for ${seconds} s: the pool is exhausted. See the drops at \"allocation\", and how full the subnet is"
		touch "$folder/crowd"
		hold 'exhausted pool' "$seconds" true
		rm "$folder/crowd"
		say "for ${seconds} s: malformed packets, ten kinds of them. See the drops, and the errors by where Kea throws them"
		hold 'malformed packets' "$seconds" send_malformed "$folder"
		say "for ${seconds} s: the lease database takes $((SLOW_US / 1000)) ms for what it writes. See its operations, and the stage \"allocation\""
		strace -f -qq -p "$(server_pid "$folder")" -e trace=write -e "inject=write:delay_enter=$SLOW_US" -o /dev/null &
		slow=$!
		hold 'slow lease database' "$seconds" true
		kill -TERM $slow 2>/dev/null || true
		wait $slow || true
		say "for ${seconds} s: Kea was killed, and is started again. See the gap, and kea_up"
		kill -KILL "$(server_pid "$folder")" || true
		hold 'killed server' "$seconds" true
	done
}

case ${1:-} in
server | load | faults) "$@" ;;
*) demo "$@" ;;
esac
