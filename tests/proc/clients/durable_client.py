"""durable_client.py RUN PB_DIR NAME: submits stdin (protobuf's JSON), then follows as NAME."""
import json, signal, struct, sys, zmq
RUN_DIR, PB_DIR, NAME = sys.argv[1:4]
sys.path.insert(0, PB_DIR)
import door_pb2, event_pb2, log_pb2
from google.protobuf import json_format
CONTEXT, RECORDS, BYTES, NO_SESSION, stopping = zmq.Context(), 1000, 1 << 20, 18, []
signal.signal(signal.SIGTERM, lambda *unused: stopping.append(True))

def connect(name):
    socket = CONTEXT.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect("ipc://%s/%s.ipc" % (RUN_DIR, name))
    return socket

def submit(lines):
    request = door_pb2.DoorRequest(protocol=1, submissions=[
        json_format.Parse(line, door_pb2.Submission()) for line in lines])
    door, reply = connect("door"), door_pb2.DoorReply()
    while request.submissions and (not reply.receipts or door_pb2.OUTCOME_BUSY in [
            receipt.outcome for receipt in reply.receipts]):
        request.request_no += 1  # silence and BUSY mean unknown: the same again
        door.send(request.SerializeToString())
        reply = door_pb2.DoorReply.FromString(door.recv() if door.poll(2000) else b"")
        door.poll(reply.retry_after_ms)
    for one in reply.receipts:
        print("receipt", json.dumps({"outcome": one.outcome, "case_no": one.case_no}), flush=True)

def session(upto):  # upto: the last position looked at, None before the first session
    log, unheard, committed, records, octets = connect("log"), 0, None, RECORDS, BYTES
    say = lambda **body: log.send(log_pb2.LogRequest(**body).SerializeToString())
    say(hello=log_pb2.Hello(protocol=1))
    while unheard < 5 and not (stopping and committed == upto):
        if not log.poll(1000):
            say(ping=log_pb2.Ping())
        head, *packed = log.recv_multipart() if log.poll(0) else [b""]
        reply, unheard = log_pb2.LogReply.FromString(head), 0 if head else unheard + 1
        committed = reply.committed.seq or committed
        if reply.HasField("welcome"):
            say(follow=log_pb2.Follow(follow_no=1, durable=NAME, seq=(upto or 0) + 1,
                credit_records=RECORDS, credit_bytes=BYTES,
                **{"from": "FOLLOW_FROM_" + ("DURABLE" if upto is None else "SEQ")}))
        elif reply.HasField("records"):
            at, upto = 0, reply.records.upto
            while at < len(packed[0]):
                seq, size = struct.unpack_from("<QI", packed[0], at)
                event = event_pb2.Envelope.FromString(packed[0][at + 64:at + 64 + size])
                print("record", json.dumps({"seq": seq, "case_no": event.case_no}), flush=True)
                at, records, octets = at + 64 + size, records + 1, octets + 64 + size
            say(credit=log_pb2.Credit(follow_no=1, records=records, bytes=octets))
        elif reply.HasField("bye") or reply.refused.code == NO_SESSION:
            break  # the broker was started anew: Hello again
        assert not reply.HasField("refused"), reply.refused
        if upto is not None and committed != upto:
            say(commit=log_pb2.CommitCursor(durable=NAME, seq=upto))
    return upto

position = submit(sys.stdin)  # None: not known yet, the durable name knows
while not stopping:
    position = session(position)
