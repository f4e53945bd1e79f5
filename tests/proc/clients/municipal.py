"""municipal.py RUN PB_DIR NAME: the municipal platform's adapter: follows durably, answers."""
import itertools, json, struct, sys, zmq
RUN_DIR, PB_DIR, NAME = sys.argv[1:4]
sys.path.insert(0, PB_DIR)
import door_pb2, event_pb2, log_pb2, vocab_pb2
CONTEXT, HEADER, REQUESTS = zmq.Context(), 64, itertools.count(1)
UPSTREAM_SUBMITTED, CREDIT, NO_SESSION = 47, 100, 18

def connect(name):
    socket = CONTEXT.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect("ipc://%s/%s.ipc" % (RUN_DIR, name))
    return socket

def say(seq, case_no, update, **fields):
    """Until the door has answered: the same reference is the same statement, for ever."""
    word = vocab_pb2.UpstreamUpdate.Name(update).rsplit("_", 1)[1]
    statement = door_pb2.Statement(
        source_system=NAME, source_ref="%d/%s" % (seq, word), case_no=case_no,
        kind=vocab_pb2.STATEMENT_KIND_UPSTREAM_UPDATE,
        actor=vocab_pb2.Actor(role=vocab_pb2.ROLE_MUNICIPAL, system=NAME),
        fields=event_pb2.StatementFields(handover=seq, update=update, **fields))
    while True:
        door, number = connect("door"), next(REQUESTS)
        door.send(door_pb2.DoorRequest(protocol=1, request_no=number,
                                       statements=[statement]).SerializeToString())
        reply = door_pb2.DoorReply.FromString(door.recv() if door.poll(2000) else b"")
        if reply.receipts and reply.receipts[0].outcome != door_pb2.OUTCOME_BUSY:
            print(word, json.dumps({"seq": seq, "case_no": case_no,
                                    "outcome": reply.receipts[0].outcome,
                                    "duplicate": reply.receipts[0].duplicate}), flush=True)
            return
        door.poll(reply.retry_after_ms or 100)

def take_over(seq, event):
    """One hand-over, named by its record's seq. A real platform says DONE when it is done."""
    say(seq, event.case_no, vocab_pb2.UPSTREAM_UPDATE_RECEIVED, upstream_ref="M-%d" % seq)
    say(seq, event.case_no, vocab_pb2.UPSTREAM_UPDATE_DONE,
        resolution=vocab_pb2.RESOLUTION_FIXED)

def session():
    log, taken, octets, silent = connect("log"), 0, 0, 0
    ask = lambda **body: log.send(log_pb2.LogRequest(**body).SerializeToString())
    ask(hello=log_pb2.Hello(protocol=1))
    while silent < 5:
        head, *packed = log.recv_multipart() if log.poll(1000) else [b""]
        reply, silent = log_pb2.LogReply.FromString(head), 0 if head else silent + 1
        if not head:
            ask(ping=log_pb2.Ping())
        elif reply.HasField("welcome"):
            ask(follow=log_pb2.Follow(follow_no=1, durable=NAME, seq=1,
                filter=log_pb2.Filter(types=[UPSTREAM_SUBMITTED]), credit_records=CREDIT,
                credit_bytes=1 << 20, **{"from": log_pb2.FOLLOW_FROM_DURABLE}))
        elif reply.HasField("records"):
            at = 0
            while at < len(packed[0]):
                seq, size = struct.unpack_from("<QI", packed[0], at)
                take_over(seq, event_pb2.Envelope.FromString(
                    packed[0][at + HEADER:at + HEADER + size]))
                at, taken, octets = at + HEADER + size, taken + 1, octets + HEADER + size
            ask(credit=log_pb2.Credit(follow_no=1, records=taken + CREDIT,
                                      bytes=octets + (1 << 20)))
            # Only now, when all of it is answered for: after a crash it is said again.
            ask(commit=log_pb2.CommitCursor(durable=NAME, seq=reply.records.upto))
        elif reply.HasField("bye") or reply.refused.code == NO_SESSION:
            return  # the broker was started anew: Hello again
        assert not reply.HasField("refused"), reply.refused

while True:
    session()
