// decode - protobuf messages as JSON, one a line, by the official Go types of Prometheus and OpenTelemetry
//
// usage:  decode families|write1|write2|otlp|otlp-json < bytes
//
// families are delimited io.prometheus.client.MetricFamily messages; write1 and write2 are bodies of remote writes, snappy
// and all; otlp is a body of an OTLP export. A field that the type does not know is an error.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gogo/protobuf/jsonpb"
	gogo "github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	client "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// known fails where a message, or one inside it, has fields that its type has not.
func known(message protoreflect.Message) error {
	if len(message.GetUnknown()) > 0 {
		return fmt.Errorf("%s has unknown fields", message.Descriptor().FullName())
	}
	var failure error
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind {
			return true
		}
		if !field.IsList() {
			failure = known(value.Message())
			return failure == nil
		}
		for at := 0; at < value.List().Len() && failure == nil; at++ {
			failure = known(value.List().Get(at).Message())
		}
		return failure == nil
	})
	return failure
}

func printLine(text []byte) error {
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err := os.Stdout.Write(line.Bytes())
	return err
}

func printMessage(message proto.Message) error {
	if err := known(message.ProtoReflect()); err != nil {
		return err
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	return printLine(text)
}

func families(input io.Reader) error {
	reader := bufio.NewReader(input)
	options := protodelim.UnmarshalOptions{MaxSize: -1}
	for {
		family := &client.MetricFamily{}
		err := options.UnmarshalFrom(reader, family)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = printMessage(family)
		}
		if err != nil {
			return err
		}
	}
}

func write(body []byte, request gogo.Message) error {
	plain, err := snappy.Decode(nil, body)
	if err != nil {
		return err
	}
	if err := gogo.Unmarshal(plain, request); err != nil {
		return err
	}
	text, err := (&jsonpb.Marshaler{}).MarshalToString(request)
	if err != nil {
		return err
	}
	return printLine([]byte(text))
}

func decode(kind string) error {
	if kind == "families" {
		return families(os.Stdin)
	}
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	export := &collector.ExportMetricsServiceRequest{}
	switch kind {
	case "write1":
		return write(body, &prompb.WriteRequest{})
	case "write2":
		return write(body, &writev2.Request{})
	case "otlp":
		if err := proto.Unmarshal(body, export); err != nil {
			return err
		}
	case "otlp-json":
		if err := protojson.Unmarshal(body, export); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s is none of families, write1, write2, otlp, otlp-json", kind)
	}
	return printMessage(export)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: decode KIND < bytes")
		os.Exit(64)
	}
	if err := decode(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "decode:", err)
		os.Exit(65)
	}
}
