"""tail_live.py RUN_DIR PB_DIR [TOPIC]: a plain SUB on the live feed (PROTOCOL.md 7)."""
import json, struct, sys, zmq
sys.path.insert(0, sys.argv[2])
import event_pb2
live = zmq.Context().socket(zmq.SUB)
live.connect("ipc://%s/live.ipc" % sys.argv[1])
live.subscribe(sys.argv[3] if len(sys.argv) > 3 else "e.")
while True:
    topic, numbers, envelope = live.recv_multipart()
    seq, recorded_at_ms = struct.unpack(">Qq", numbers)
    event = event_pb2.Envelope.FromString(envelope)
    print(json.dumps({"topic": topic.decode(), "seq": seq, "at_ms": recorded_at_ms,
                      "case_no": event.case_no, "body": event.WhichOneof("body")}), flush=True)
