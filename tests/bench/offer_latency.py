"""offer_latency.py: from submit to the offer at a waiting console, one at a time, idle system.

    offer_latency.py [COUNT]        prints `offer_p50 N ms` and `offer_p99 N ms`

Three durable appends lie between: CaseReceived with CaseAccepted, CaseRouted, DispatchOffered.
The console follows the log as PROTOCOL.md says; the clock is driven and stands in working
hours, so workers are on duty and nothing else happens. A console in Python adds its own time.
"""
import importlib
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "proc"))
import sanji_test  # noqa: E402
import zmq  # noqa: E402

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 300


def load_protos():
    place = tempfile.mkdtemp()
    protos = os.path.join(sanji_test.ROOT, "proto")
    names = [name for name in os.listdir(protos) if name.endswith(".proto")]
    subprocess.run(["protoc", "-I", protos, "--python_out", place] + names, check=True)
    sys.path.insert(0, place)
    return importlib.import_module("log_pb2"), importlib.import_module("door_pb2")


def main():
    log_pb2, door_pb2 = load_protos()
    with sanji_test.System(start="2020-08-03T10:00:00+08:00") as system:
        context = zmq.Context()
        console, door = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        console.setsockopt(zmq.RCVTIMEO, 20000)
        door.setsockopt(zmq.RCVTIMEO, 20000)
        console.connect(system.endpoint("log"))
        door.connect(system.endpoint("door"))
        hello = log_pb2.LogRequest(hello=log_pb2.Hello(protocol=1))
        console.send(hello.SerializeToString())
        console.recv_multipart()
        follow = log_pb2.LogRequest(follow=log_pb2.Follow(
            follow_no=1, **{"from": log_pb2.FOLLOW_FROM_NEXT}, credit_records=100000, credit_bytes=4 << 20,
            filter=log_pb2.Filter(types=[60, 76])))
        console.send(follow.SerializeToString())
        times = []
        for i in range(COUNT + 20):
            request = door_pb2.DoorRequest(protocol=1, request_no=i + 1)
            item = request.submissions.add(source_system="bench", source_ref="b-%d" % i, source=8, category="03005")
            item.place.grid = "370499.003.%02d.%03d" % (i % 10 + 1, i // 10 % 4 + 1)
            began = time.perf_counter()
            door.send(request.SerializeToString())
            while True:
                frames = console.recv_multipart()
                reply = log_pb2.LogReply.FromString(frames[0])
                if reply.WhichOneof("body") == "records" and reply.records.count > 0:
                    break
            times.append((time.perf_counter() - began) * 1000)
            door.recv_multipart()
        times = sorted(times[20:])
        print("offer_p50 %.2f ms" % times[len(times) // 2])
        print("offer_p99 %.2f ms" % times[int(len(times) * 0.99)])


main()
