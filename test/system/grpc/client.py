"""A client of serve-grpc that knows only the proto files: one call after another, as told on stdin, a line of JSON each.

usage:  client.py TARGET GENERATED [CA [CERT KEY]] < calls > answers
a call:   {"call": "GetMetrics", "request": {...}, "token": "...", "deadline": 5, "take": 3, "slow": 1, "crowd": 200}
an answer: {"answers": [...]} or {"error": "NOT_FOUND", "details": "...", "answers": [...]}
"""

import json
import sys
import time

import grpc
from google.protobuf import json_format

sys.path.insert(0, sys.argv[2])
import health_pb2  # noqa: E402
import health_pb2_grpc  # noqa: E402
import reflection_pb2  # noqa: E402
import reflection_pb2_grpc  # noqa: E402
from banyandb.ebpf.v1 import ebpf_pb2, ebpf_pb2_grpc  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool  # noqa: E402

TARGET = sys.argv[1]
OPTIONS = [("grpc.max_receive_message_length", 64 << 20), ("grpc.use_local_subchannel_pool", 1)]


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def channel():
    if len(sys.argv) <= 3:
        return grpc.insecure_channel(TARGET, OPTIONS)
    pair = [contents(path) for path in sys.argv[4:6]]
    certificate, key = pair if pair else (None, None)
    return grpc.secure_channel(TARGET, grpc.ssl_channel_credentials(contents(sys.argv[3]), key, certificate), OPTIONS)


def plain(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True, including_default_value_fields=True)


def reflected(stub, request, **more):
    """What each answer says; files are taken into a pool of their own, which refuses what does not fit together."""
    answers = []
    asked_for = json_format.ParseDict(request, reflection_pb2.ServerReflectionRequest())
    for answer in stub.ServerReflectionInfo(iter([asked_for]), **more):
        pool = descriptor_pool.DescriptorPool()
        files = [descriptor_pb2.FileDescriptorProto.FromString(one) for one in answer.file_descriptor_response.file_descriptor_proto]
        for file in reversed(files):
            pool.Add(file)
        methods = {}
        for name in [f"{file.package}.{service.name}" for file in files for service in file.service]:
            for method in pool.FindServiceByName(name).methods:
                methods[method.name] = sorted(field.name for field in method.output_type.fields)
        services = [one.name for one in answer.list_services_response.service]
        answers.append({"files": [file.name for file in files], "methods": methods, "services": services, "error": answer.error_response.error_message})
    return answers


def streamed(stub, name, request, told, **more):
    answers = []
    for answer in getattr(stub, name)(request, **more):
        answers.append(plain(answer))
        time.sleep(told.get("slow", 0))
        if len(answers) >= told.get("take", 1):
            break
    return answers


def asked(told, over):
    name = told["call"]
    more = {"timeout": told.get("deadline", 20)}
    if "token" in told:
        more["metadata"] = [("authorization", "Bearer " + told["token"])]
    if name == "Reflect":
        return reflected(reflection_pb2_grpc.ServerReflectionStub(over), told["request"], **more)
    if name in ("Check", "Watch"):
        request = json_format.ParseDict(told["request"], health_pb2.HealthCheckRequest())
        stub = health_pb2_grpc.HealthStub(over)
        return [plain(stub.Check(request, **more))] if name == "Check" else streamed(stub, name, request, told, **more)
    stub = ebpf_pb2_grpc.EBPFMetricsServiceStub(over)
    request = json_format.ParseDict(told["request"], getattr(ebpf_pb2, name + "Request")())
    if name == "StreamMetrics":
        return streamed(stub, name, request, told, **more)
    return [plain(getattr(stub, name)(request, **more))]


def crowd(told):
    """So many clients at once, each with a connection of its own and a stream; how many messages each has had."""
    overs = [channel() for _ in range(told["crowd"])]
    request = json_format.ParseDict(told["request"], ebpf_pb2.StreamMetricsRequest())
    streams = [ebpf_pb2_grpc.EBPFMetricsServiceStub(over).StreamMetrics(request, timeout=60) for over in overs]
    counts = [sum(1 for _, _ in zip(range(told["take"]), stream)) for stream in streams]
    for stream in streams:
        stream.cancel()
    for over in overs:
        over.close()
    return counts


shared = channel()
for line in sys.stdin:
    told = json.loads(line)
    try:
        answer = {"answers": crowd(told) if "crowd" in told else asked(told, shared)}
    except grpc.RpcError as error:
        answer = {"error": error.code().name, "details": error.details()}
    print(json.dumps(answer), flush=True)
