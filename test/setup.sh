#!/usr/bin/env bash
# setup - install the real counterparts that the tests run against; safe to run twice
# usage:  npm run setup        as root on Debian; elsewhere it says what the tests will skip
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
	bpftrace tcpdump graphite-carbon prometheus logrotate mawk strace runit procps util-linux iproute2 systemd systemd-container zsh
	openjdk-17-jdk-headless maven tmux chromium fonts-dejavu-core curl openssl
	prometheus-alertmanager
	clang llvm libbpf-dev libbpf1 bpftool
	kea-dhcp4-server kea-dhcp6-server kea-ctrl-agent kea-admin
	python3-grpcio python3-protobuf protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/bpfpipe"

install_packages() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "setup: not root on Debian, so no package is installed; tests that need ${packages[*]} are skipped" >&2
		return
	fi
	local missing=() package
	for package in "${packages[@]}"; do
		dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
	done
	if [ ${#missing[@]} -eq 0 ]; then
		echo "setup: all there: ${packages[*]}"
		return
	fi
	echo "setup: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The real Hollow library, which only a Maven repository has; the folder's name says for which pom.xml it is.
install_hollow() {
	local pom=test/system/hollow/pom.xml jars
	jars="$cache/hollow-$(sha256sum $pom | cut -c1-12)"
	if [ -d "$jars" ]; then
		echo "setup: all there: Hollow's jars"
		return
	fi
	if ! command -v mvn >/dev/null; then
		echo "setup: no Maven, so tests that need Hollow's jars are skipped" >&2
		return
	fi
	echo "setup: fetching Hollow's jars"
	rm -rf "$jars.new"
	mvn -q -B -f $pom dependency:copy-dependencies -DoutputDirectory="$jars.new"
	mv "$jars.new" "$jars"
}

# Whether the program $1, at the path $2, is to be built by Go; it says so, or that $3 skipped.
is_to_build() {
	if [ -x "$2" ]; then
		echo "setup: all there: $1"
		return 1
	fi
	if ! command -v go >/dev/null; then
		echo "setup: no Go, so $3 skipped" >&2
		return 1
	fi
	echo "setup: building $1"
}

# A program from its Go module into the folder $1; $2 is the module with its version, the rest are flags.
go_install() {
	GOBIN="$1" CGO_ENABLED=0 GOWORK=off go install -trimpath -ldflags '-s -w' "${@:3}" "$2"
}

# versitygw, an S3 server in one file, from its Go module.
install_versitygw() {
	local folder="$cache/versitygw-1.8.0"
	is_to_build "versitygw" "$folder/versitygw" 'tests that need an S3 server are' || return 0
	go_install "$folder" github.com/versity/versitygw/cmd/versitygw@v1.8.0
}

# Telegraf, with the few plugins that the measurement beside it needs.
install_telegraf() {
	local folder="$cache/telegraf-1.37.2" tags=custom,inputs.tail,parsers.grok,outputs.file,serializers.graphite
	is_to_build "Telegraf" "$folder/telegraf" 'the measurement beside Telegraf is' || return 0
	go_install "$folder" github.com/influxdata/telegraf/cmd/telegraf@v1.37.2 -tags "$tags"
}

# Telegraf once more, with what the measurement of remote-write needs.
install_telegraf_http() {
	local folder="$cache/telegraf-http-1.37.2" tags=custom,inputs.tail,parsers.json,outputs.http,serializers.prometheusremotewrite
	is_to_build "Telegraf with HTTP output" "$folder/telegraf" 'the measurement of remote-write beside Telegraf is' || return 0
	go_install "$folder" github.com/influxdata/telegraf/cmd/telegraf@v1.37.2 -tags "$tags"
}

# What reads protobuf back in tests: the official types of Prometheus and OpenTelemetry; its folder's name says which source.
install_decoder() {
	local sources=test/system/protobuf folder
	folder="$cache/protobuf-$(cat $sources/go.mod $sources/go.sum $sources/main.go | sha256sum | cut -c1-12)"
	is_to_build "the decoder of official protobuf types" "$folder/decode" 'tests that read protobuf by its official types are' || return 0
	CGO_ENABLED=0 GOWORK=off go build -C $sources -trimpath -ldflags '-s -w' -o "$folder/decode" .
}

# A Prometheus that knows remote write 2.0, as a receiver and to query; its own pages and its service discovery left out.
install_prometheus3() {
	local folder="$cache/prometheus-0.316.0"
	is_to_build "Prometheus 3" "$folder/prometheus" 'tests that need Prometheus 3 are' || return 0
	go_install "$folder" github.com/prometheus/prometheus/cmd/prometheus@v0.316.0 -tags remove_all_sd,netgo
}

# A collector of OpenTelemetry with nothing but what takes OTLP and what passes it on.
install_otelcol() {
	local folder="$cache/otelcol-0.165.0" version=v0.165.0 build
	is_to_build "the OpenTelemetry collector" "$folder/otelcol" 'tests that need an OpenTelemetry collector are' || return 0
	build=$(mktemp -d)
	cat >"$build/builder.yaml" <<-END
		dist: {name: otelcol, output_path: $build/out, description: for tests}
		receivers: [{gomod: go.opentelemetry.io/collector/receiver/otlpreceiver $version}]
		exporters: [{gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter $version}]
	END
	(cd "$build" && CGO_ENABLED=0 GOWORK=off go run "go.opentelemetry.io/collector/cmd/builder@$version" --config=builder.yaml)
	mkdir -p "$folder"
	mv "$build/out/otelcol" "$folder/otelcol"
	rm -rf "$build"
}

# The folder of a Go module, which is fetched unless it is there.
go_module() {
	GOWORK=off GOFLAGS=-mod=mod go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

# BanyanDB's server. Its module has neither the Go code of its protocol, which is made of the .proto files here, nor the
# page, in whose place stands an empty one.
install_banyandb() {
	local version=0.10.1 folder="$cache/banyandb-0.10.1" build module include
	is_to_build "BanyanDB" "$folder/banyand-server" 'tests that need BanyanDB are' || return 0
	if ! command -v protoc >/dev/null; then
		echo "setup: no protoc, so tests that need BanyanDB are skipped" >&2
		return 0
	fi
	build=$(mktemp -d)
	GOBIN="$build/bin" CGO_ENABLED=0 GOWORK=off go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
	GOBIN="$build/bin" CGO_ENABLED=0 GOWORK=off go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1
	GOBIN="$build/bin" CGO_ENABLED=0 GOWORK=off go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway@v2.28.0
	GOBIN="$build/bin" CGO_ENABLED=0 GOWORK=off go install github.com/envoyproxy/protoc-gen-validate@v1.3.3
	include=(
		"-I$(go_module github.com/envoyproxy/protoc-gen-validate@v1.3.3)"
		"-I$(go_module github.com/grpc-ecosystem/grpc-gateway/v2@v2.28.0)"
		"-I$(go_module github.com/grpc-ecosystem/grpc-gateway@v1.16.0)/third_party/googleapis"
	)
	module=$(go_module "github.com/apache/skywalking-banyandb@v$version")
	cp -r --no-preserve=mode "$module" "$build/module"
	mkdir -p "$build/module/ui/dist" "$folder"
	: >"$build/module/ui/dist/index.html"
	(
		cd "$build/module/api/proto"
		mapfile -t files < <(find banyandb -name '*.proto')
		PATH="$build/bin:$PATH" protoc -I . "${include[@]}" --go_out=paths=source_relative:. --go-grpc_out=paths=source_relative:. \
			--validate_out=lang=go,paths=source_relative:. --grpc-gateway_out=paths=source_relative:. "${files[@]}"
	)
	(cd "$build/module" && CGO_ENABLED=0 GOWORK=off go build -trimpath -ldflags '-s -w' -o "$folder/banyand-server" ./banyand/cmd/server)
	chmod -R u+w "$build"
	rm -rf "$build"
}

install_packages
install_hollow
install_versitygw
install_telegraf
install_telegraf_http
install_decoder
install_prometheus3
install_otelcol
install_banyandb
echo "setup: done"
