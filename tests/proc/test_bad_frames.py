"""test_bad_frames.py: what comes to the four endpoints that is no message of ours: each is
answered with its code, the process stays up, and the next honest message is served.

SANJI_SEED: of the random frames (printed).
"""
import os
import random

import zmq

from bad_input import NAMES, Wire, field, nested, pids, raw, varint
from sanji_test import System, main, ok, same, submission

SEED = int(os.environ.get("SANJI_SEED", "20200815"))
RANDOM_FRAMES = 300
SECRET = "东门消防通道 sanji-bad-frames-51c2"
UNKNOWN = 1000  # a field that no message has


class Door:
    name = "door"
    empty = "BAD_VERSION"       # an empty message is one of protocol 0
    unknown_body = "INVALID"    # neither submissions nor statements
    unknown_field = "INVALID"   # the door takes nothing that it does not understand

    def __init__(self, wire):
        self.wire = wire

    def valid(self, reference="frames-door"):
        request = self.wire.door.DoorRequest(protocol=1, request_no=7)
        one = request.submissions.add(source_system="test", source_ref=reference,
                                      source=self.wire.vocab.SOURCE_INSPECTION, category="02001")
        one.place.grid = "370499.003.01.001.B03"
        one.sealed.text = SECRET
        return request

    def code(self, answer):
        reply = self.wire.door.DoorReply.FromString(answer[0])
        if reply.receipts:
            return self.wire.door.Outcome.Name(reply.receipts[0].outcome)[len("OUTCOME_"):]
        return NAMES[reply.code] if reply.error else "no sentence with code %d" % reply.code

    def version(self, number):
        request = self.valid()
        request.protocol = number
        return request.SerializeToString()

    def bad_text(self, data):
        """A submission whose category holds these bytes."""
        inner = field(1, b"test") + field(2, b"frames-utf8") + field(4, data)
        return b"\x08\x01" + field(3, inner)

    def bad_enum(self):
        inner = field(1, b"test") + field(2, b"frames-enum") + b"\x18" + varint(77)
        return b"\x08\x01" + field(3, inner)

    def wrong_type(self):
        return b"\x0d\x01\x00\x00\x00"  # protocol as a fixed32

    def deep_known(self):
        """An unknown field nested a thousand times, in the place of a submission that is
        otherwise sound."""
        request = self.valid("frames-deep")
        place = request.submissions[0].place.SerializeToString() + nested(UNKNOWN, 1000)
        request.submissions[0].ClearField("place")
        inner = request.submissions[0].SerializeToString() + field(5, place)
        return b"\x08\x01" + field(3, inner)


    def values(self):
        """Decoded well, and wrong all the same: (code, what, message)."""
        message, vocab = self.wire.door.DoorRequest, self.wire.vocab
        yield "INVALID", "submissions and statements in one request", message(
            protocol=1, submissions=self.valid().submissions, statements=[{"source_ref": "x"}])
        yield "TOO_LARGE", "1,025 items", message(
            protocol=1, submissions=[{"source_ref": "x", "sealed": {"text": "x" * 100}}] * 1025)
        for at_ms in (-2 ** 63, 2 ** 63 - 1):
            request = self.valid("frames-observed")
            request.submissions[0].observed_at_ms = at_ms
            yield "INVALID", "observed at %d" % at_ms, request
        request = self.valid("frames-text")
        request.submissions[0].sealed.text = "字" * 1366
        yield "INVALID", "a sealed text of 4,098 bytes", request
        request = self.valid("frames-ref")
        request.submissions[0].source_ref = "x" * 129
        yield "INVALID", "a source_ref of 129 bytes", request
        request = self.valid("frames-evidence")
        request.submissions[0].evidence.extend([self.wire.vocab.Evidence(ref="photo")] * 17)
        yield "INVALID", "17 pieces of evidence", request
        for name in ("to", "category", "skill", "department_code", "day", "into_case_no", "worker",
                     "suggested_holder", "advice_code", "upstream_ref"):
            yield "INVALID", "a statement with %s of 70,000 bytes" % name, message(
                protocol=1, statements=[{
                    "source_system": "test", "source_ref": "frames-" + name,
                    "kind": vocab.STATEMENT_KIND_NOTE, "case_no": "37049900320200801000001",
                    "actor": {"role": vocab.ROLE_DISPATCHER}, "fields": {name: "x" * 70000}}])
        for what, value in (("a mobile number", "13900000000"), ("words", "东门张某")):
            yield ("PII_REFUSED" if value[0] == "1" else "INVALID",
                   "a statement with %s in a clear field" % what, message(
                       protocol=1, statements=[{
                           "source_system": "test", "source_ref": "frames-clear",
                           "kind": vocab.STATEMENT_KIND_NOTE, "case_no": "37049900320200801000001",
                           "actor": {"role": vocab.ROLE_DISPATCHER}, "fields": {"skill": value}}]))


class Query(Door):
    name = "query"
    unknown_body = "UNKNOWN_KIND"
    unknown_field = None  # skipped

    def valid(self, reference=""):
        request = self.wire.query.QueryRequest(protocol=1, request_no=7)
        request.list.area = "370499.003"
        request.list.worker = "W00007"
        return request

    def code(self, answer):
        reply = self.wire.query.QueryReply.FromString(answer[0])
        return NAMES[reply.error.code] if reply.WhichOneof("body") == "error" else "OK"

    def bad_text(self, data):
        return b"\x08\x01" + field(11, field(2, data))

    def bad_enum(self):
        return b"\x08\x01" + field(11, b"\x08" + varint(77))

    def deep_known(self):
        return b"\x08\x01" + field(11, nested(UNKNOWN, 1000))


    def values(self):
        message = self.wire.query.QueryRequest
        for name, value in (("area", "370499.9"), ("holder", "x" * 500), ("worker", "007"),
                            ("category", "abc"), ("after", "1"), ("limit", 2 ** 32 - 1)):
            yield "INVALID", "a list with %s = %r" % (name, str(value)[:10]), message(
                protocol=1, list={name: value})
        yield "INVALID", "a case of 22 digits", message(protocol=1, case_ask={"case_no": "1" * 22})
        yield "NOT_FOUND", "a case that is not there", message(
            protocol=1, case_ask={"case_no": "37049900320200801999999"})
        yield "INVALID", "a board of nowhere", message(protocol=1, board={"area": "..."})
        yield "INVALID", "a workload of nobody", message(protocol=1, workload={"worker": "W1"})


class Admin(Query):
    name = "admin"

    def valid(self, reference=""):
        request = self.wire.admin.AdminRequest(protocol=1, request_no=7)
        request.rate.ask_only = True
        return request

    def code(self, answer):
        reply = self.wire.admin.AdminReply.FromString(answer[0])
        return NAMES[reply.error.code] if reply.WhichOneof("body") == "error" else "OK"

    def bad_text(self, data):
        return b"\x08\x01" + field(14, field(1, data))

    def bad_enum(self):
        return None  # no enum in it

    def deep_known(self):
        return b"\x08\x01" + field(12, b"\x10\x01" + nested(UNKNOWN, 1000))

    def values(self):
        message = self.wire.admin.AdminRequest
        for to_ms in (-2 ** 63, 0, 2 ** 63 - 1):
            yield "INVALID", "an advance to %d" % to_ms, message(
                protocol=1, advance=self.wire.admin.Advance(to_ms=to_ms))
        yield "INVALID", "a rate of 2^32 - 1", message(
            protocol=1, rate=self.wire.admin.Rate(rate=2 ** 32 - 1))
        for directory in ("", "here", "x" * 5000):
            yield "INVALID", "a backup to %r" % directory[:8], message(
                protocol=1, backup=self.wire.admin.Backup(directory=directory))


class Log(Query):
    """Before a Hello: what is well-formed is answered NO_SESSION."""
    name = "log"
    empty = "NO_SESSION"
    unknown_body = "NO_SESSION"
    hello = False

    def valid(self, reference=""):
        request = self.wire.log.LogRequest()
        request.hello.protocol = 1
        request.hello.name = "frames"
        return request

    def version(self, number):
        request = self.valid()
        request.hello.protocol = number
        return request.SerializeToString()

    def code(self, answer):
        reply = self.wire.log.LogReply.FromString(answer[0])
        return NAMES[reply.refused.code] if reply.WhichOneof("body") == "refused" else "OK"

    def bad_text(self, data):
        return field(1, b"\x08\x01" + field(2, data))

    def bad_enum(self):
        return field(3, b"\x08\x01\x10" + varint(77))

    def wrong_type(self):
        return b"\x0d\x01\x00\x00\x00"  # hello as a fixed32

    def deep_known(self):
        return field(1, b"\x08\x01" + nested(UNKNOWN, 1000))


    def values(self):
        message = self.wire.log.LogRequest
        yield "INVALID", "a name of 500 bytes", message(hello={"protocol": 1, "name": "x" * 500})
        yield "INVALID", "a name with a space", message(hello={"protocol": 1, "name": "a b"})
        yield "FORBIDDEN", "a writer that no stage is", message(
            hello={"protocol": 1, "name": "desk-01", "writer": True})
        yield "FORBIDDEN", "the broker's own name as a writer", message(
            hello={"protocol": 1, "name": "broker", "writer": True})
        yield "OTHER_LOG", "another log's id", message(hello={"protocol": 1, "log_id": 1})


class Session(Log):
    """The same endpoint, after a Hello."""
    name = "log"
    empty = "UNKNOWN_KIND"
    unknown_body = "UNKNOWN_KIND"
    hello = True

    def valid(self, reference=""):
        request = self.wire.log.LogRequest()
        request.ping.nonce = 7
        return request

    def version(self, number):
        return Log.version(self, number)

    def deep_known(self):
        return field(8, nested(UNKNOWN, 1000))


    def values(self):
        message = self.wire.log.LogRequest
        sound = {"follow_no": 1, "from": 3, "seq": 1, "credit_records": 10, "credit_bytes": 10000}
        for code, what, more in (
                ("INVALID", "the number 0", {"follow_no": 0}),
                ("INVALID", "no beginning", {"from": 0}),
                ("INVALID", "the beginning 0", {"seq": 0}),
                ("AHEAD", "a beginning beyond the head", {"seq": 2 ** 64 - 1}),
                ("INVALID", "2^64 - 1 credit", {"credit_records": 2 ** 64 - 1}),
                ("INVALID", "2^64 - 1 bytes of credit", {"credit_bytes": 2 ** 64 - 1}),
                ("INVALID", "a durable name of 48 bytes", {"from": 5, "durable": "x" * 48}),
                ("INVALID", "no durable name", {"from": 5}),
                ("INVALID", "an area that is none", {"filter": {"area": "370499.003.1"}}),
                ("INVALID", "a team that is none", {"filter": {"team": "XXXXXXX"}}),
                ("INVALID", "a worker that is none", {"filter": {"worker": "W"}}),
                ("INVALID", "a case that is none", {"filter": {"case_no": "1"}}),
                ("INVALID", "type 4,000,000,000", {"filter": {"types": [4000000000]}})):
            yield code, "a follow with " + what, message(follow={**sound, **more})
        yield "AHEAD", "a cursor beyond the head", message(
            commit={"durable": "frames", "seq": 2 ** 64 - 1})
        for size in (0, 48, 5000):
            yield "INVALID", "a cursor's name of %d bytes" % size, message(
                commit={"durable": "x" * size, "seq": 1})
        yield "MALFORMED", "an append of one frame", message(append={"epoch": 1, "batch_no": 1})


def refused(kind, peer, frames, code, what):
    """One TAP line: what is answered."""
    return same(kind.code(peer.ask(frames)), code, "%s%s: %s is answered %s"
                % (kind.name, " in a session" if getattr(kind, "hello", False) else "", what, code))


def check_shapes(kind, peer):
    if kind.name == "log" and not kind.hello:
        follow = kind.wire.log.LogRequest(follow={"follow_no": 1, "from": 1, "credit_records": 1})
        refused(kind, peer, [follow.SerializeToString()], "NO_SESSION", "a follow before Hello")
    refused(kind, peer, [b""], kind.empty, "an empty message")
    refused(kind, peer, [b"\xff" * 40], "MALFORMED", "a frame of junk")
    refused(kind, peer, [b"\x0b\x0b\x0c\x0c"], "MALFORMED", "a protobuf group")
    refused(kind, peer, [kind.wrong_type()], "MALFORMED", "a field of another wire type")
    refused(kind, peer, [kind.valid().SerializeToString()] * 3, "TOO_LARGE", "a message of 3 frames")
    refused(kind, peer, [b"x"] * 100, "TOO_LARGE", "a message of 100 frames")
    refused(kind, peer, [b""] * 5000, "TOO_LARGE", "a message of 5,000 empty frames")
    refused(kind, peer, [kind.version(99)], "BAD_VERSION", "protocol 99")
    head = b"" if kind.name == "log" else b"\x08\x01"
    refused(kind, peer, [head + field(UNKNOWN, b"what")], kind.unknown_body, "an unknown kind")
    if kind.bad_enum():
        refused(kind, peer, [kind.bad_enum()], "INVALID", "an enum value that does not exist")
    for data, what in ((b"\xc3\x28", "wrong UTF-8"), (b"\xed\xa0\x80", "a surrogate"),
                       (b"\xc0\xaf", "an overlong form"), (b"a\0b", "a NUL in a text")):
        refused(kind, peer, [kind.bad_text(data)], "BAD_UTF8", what)
    refused(kind, peer, [(head + b"\x78\x01" * 300000)[:1024 * 1024]], "TOO_LARGE",
            "300,000 fields in one message")
    refused(kind, peer, [kind.deep_known()], kind.unknown_field or "OK",
            "an unknown field nested 1,000 deep")


def check_values(kind, peer):
    for code, what, message in kind.values():
        refused(kind, peer, [message.SerializeToString()], code, what)


def check_session(wire, peer):
    """What only a session can be asked wrongly, and what it forgives."""
    kind, message = Session(wire), wire.log.LogRequest
    head = message(append={"epoch": 1, "batch_no": 1, "count": 1}).SerializeToString()
    refused(kind, peer, [head, b"\0" * 100], "FORBIDDEN", "an append of who is no writer")
    head = b"\x12\x82\x80\x80\x80\x00\x28\x01"  # the same, its length written in five bytes
    refused(kind, peer, [head, b""], "FORBIDDEN", "an append that is written in an odd way")
    for idle in ((0, -2 ** 63, 2 ** 63 - 1), (2 ** 64 - 1, 2 ** 63 - 1, -2 ** 63)):
        peer.send([message(idle={"read": idle[0], "now_ms": idle[1], "next_due_ms": idle[2]})
                   .SerializeToString()])
    for silent in (message(unfollow={"follow_no": 77}),
                   message(credit={"follow_no": 77, "records": 2 ** 64 - 1, "bytes": 1})):
        peer.send([silent.SerializeToString()])
    same(pong(wire, peer), 7, "log: a reader's Idle, credit and end of a follow that is not there "
         "change nothing")
    for number in range(1, 18):
        peer.send([message(follow={"follow_no": number, "from": 2, "credit_records": 1,
                                   "credit_bytes": 1}).SerializeToString()])
    answer = kind.code(peer.ask([message(ping={"nonce": 1}).SerializeToString()]))
    while answer == "OK":
        answer = kind.code(peer.receive())
    same(answer, "LIMIT", "log: the seventeenth follow of a session is refused LIMIT")


def pong(wire, peer):
    """The nonce that comes back; what else is under way is let pass."""
    peer.send([wire.log.LogRequest(ping={"nonce": 7}).SerializeToString()])
    while True:
        reply = wire.log.LogReply.FromString(peer.receive()[0])
        if reply.WhichOneof("body") == "pong":
            return reply.pong.nonce


def check_full_arena(wire, system, peer):
    """Small fields cost much memory once unpacked. A request that just fits leaves nothing for
    what is done with it: at each size it must be answered, and it is not stored in part."""
    door = Door(wire)
    before = pids(system)
    codes = {}
    for count in range(100, 2000, 9):
        request = door.valid("frames-arena-%d" % count)
        request.submissions.add(source_system="t").evidence.extend([wire.vocab.Evidence()] * count)
        code = door.code(peer.ask([request.SerializeToString()]))
        codes[code] = codes.get(code, 0) + 1
    ok(codes.get("STORED") and codes.get("TOO_LARGE"), "door: requests around the size of their "
       "memory are answered", codes)
    same(pids(system), before, "door: a_request_that_fills_its_memory_ends_no_process")


def check_cut(kind, peer):
    """Every prefix of a valid message has an answer, and none is taken for the whole."""
    whole = kind.valid().SerializeToString()
    codes = {}
    for size in range(len(whole)):
        codes.setdefault(kind.code(peer.ask([whole[:size]])), []).append(size)
    allowed = {"MALFORMED", "BAD_VERSION", "INVALID", "UNKNOWN_KIND", "NO_SESSION"}
    ok(set(codes) <= allowed and codes.get("MALFORMED"),
       "%s: a message cut at each of its %d lengths is refused" % (kind.name, len(whole)), codes)


def check_random(kind, peer, draw):
    """Random frames and damaged valid ones: one answer each, of a code that exists."""
    whole = bytearray(kind.valid("frames-damaged").SerializeToString())
    answers = {}
    for i in range(RANDOM_FRAMES):
        if i % 2:
            frame = draw.randbytes(draw.randrange(1, 400))
        else:
            damaged = bytearray(whole)
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
            frame = bytes(damaged)
        code = kind.code(peer.ask([frame]))
        answers[code] = answers.get(code, 0) + 1
    ok(answers.get("MALFORMED", 0) > RANDOM_FRAMES // 4,
       "%s: %d random and damaged frames have an answer each" % (kind.name, RANDOM_FRAMES), answers)


def check_size(kind, wire, endpoint):
    peer = wire.peer(endpoint)
    head = kind.valid().SerializeToString()
    if kind.name == "door":
        largest = b"\x08\x01" + field(3, field(15, field(1, b"x" * ((1 << 20) - 40))))
        same(kind.code(peer.ask([largest])), "INVALID", "door: a message of 1 MiB is looked at")
    peer.send([head + field(UNKNOWN, b"x" * (2 << 20))])
    ok(peer.was_cut(), "%s: a message of 2 MiB: the connection is cut" % kind.name)
    code = kind.code(peer.ask([head])) if kind.name != "door" else "OK"
    same(code, "OK", "%s: the same peer, connected again by itself, is served" % kind.name)


def check_peers(kind, wire, system, endpoint):
    """A routing id of more than 16 bytes has no answer, since there is none to address."""
    name = {"door": "sanji-intake", "query": "sanji-casebook"}.get(kind.name, "sanji-broker")
    before = pids(system)[name]
    said = len(system.process.errors)
    long_id = wire.peer(endpoint, ROUTING_ID=b"i" * 17)
    long_id.send([kind.valid("frames-long-id").SerializeToString()])
    system.process.wait_line(r"ev=refused proc=%s .*routing_id_bytes=17" % name[len("sanji-"):],
                             start=said, errors=True)
    ok(raw(endpoint, b"GET / HTTP/1.1\r\n\r\n" + b"\0" * 64),
       "%s: what speaks another protocol is hung up on" % kind.name)
    greeting = (b"\xff" + b"\0" * 8 + b"\x7f\x03\x00NULL" + b"\0" * 48)[:64]
    ok(raw(endpoint, greeting + b"\x04\xff\x05READY" + b"\xff" * 300),
       "%s: so is what stops to speak ZMTP after its greeting" % kind.name)
    peer = wire.peer(endpoint, ROUTING_ID=b"i" * 16)
    frame = kind.valid("frames-id-16").SerializeToString()
    ok(kind.code(peer.ask([frame])) in ("OK", "STORED"), "%s: 16 bytes of id are served" % kind.name)
    same(pids(system)[name], before, "%s: an_id_of_17_bytes_ends_no_process" % kind.name)


def check_live(wire, system):
    """The live feed hears subscriptions only; who talks to it is not listened to."""
    talker = wire.context.socket(zmq.XSUB)
    talker.setsockopt(zmq.LINGER, 0)
    talker.connect(system.endpoint("live"))
    talker.send(b"\x01e.")
    ok(talker.poll(60000), "live: a subscriber of e. is welcomed")
    talker.recv_multipart()
    for frames in ([b"\x01" + b"\xff" * 4000], [b"\x07junk"], [b"\x02"], [b"a", b"b", b"c"] * 40,
                   [b"\x00e.never"], [b""]):
        talker.send_multipart(frames)
    receipt = system.submit(submission(source_ref="frames-live"))[0]
    while talker.poll(60000):
        frames = talker.recv_multipart()
        if int.from_bytes(frames[1][:8], "big") >= receipt["seq"]:
            break
    same(len(frames), 3, "live: after junk from a subscriber he still hears new records")
    talker.close()


def connect(kind, wire, system):
    peer = wire.peer(system.endpoint(kind.name))
    if getattr(kind, "hello", False):
        answer = peer.ask([Log(wire).valid().SerializeToString()])
        same(wire.log.LogReply.FromString(answer[0]).WhichOneof("body"), "welcome",
             "log: a session for what comes after a Hello")
    return peer


def bad_frames():
    print("# seed %d" % SEED)
    draw = random.Random(SEED)
    with System() as system, Wire() as wire:
        before = pids(system)
        ok(all(before.values()), "every process runs", before)
        kinds = (Door(wire), Query(wire), Admin(wire), Log(wire), Session(wire))
        for kind in kinds[:4]:  # first: diag lines of one event are rationed
            check_peers(kind, wire, system, system.endpoint(kind.name))
        for kind in kinds:
            if not getattr(kind, "hello", False):
                check_size(kind, wire, system.endpoint(kind.name))
            peer = connect(kind, wire, system)
            check_shapes(kind, peer)
            check_values(kind, peer)
            check_cut(kind, peer)
            check_random(kind, peer, draw)
            if kind.name == "door":
                check_full_arena(wire, system, peer)
            if getattr(kind, "hello", False):
                check_session(wire, connect(kind, wire, system))
            same(pids(system), before, "%s: every process is the one it was" % kind.name)
        check_live(wire, system)

        door = Door(wire)
        answer = wire.peer(system.endpoint("door")).ask([door.valid("frames-after").SerializeToString()])
        same(door.code(answer), "STORED", "afterwards an honest submission is stored")
        same(pids(system), before, "and no process was started again")
        said = "\n".join(system.process.errors + system.process.lines)
        ok(SECRET not in said and "51c2" not in said, "no diag line holds a sealed text")
        same(system.run("verify", "--data", system.data_dir).returncode, 0, "the log verifies")
        same(system.down(), 0, "and the system drains")


main(bad_frames)
