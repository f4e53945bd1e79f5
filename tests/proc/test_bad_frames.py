"""test_bad_frames.py: what comes to the four endpoints that is no message of ours: each is
answered with its code, the process stays up, and the next honest message is served.

SANJI_SEED: of the random frames (printed).
"""
import os
import random

from bad_input import CODES, NAMES, Wire, field, nested, pids, raw, varint
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
        one = request.submissions.add(source_system="test", source_ref=reference, source=3,
                                      category="02001")
        one.source = self.wire.vocab.SOURCE_INSPECTION
        one.place.grid = "370499.003.01.001.B03"
        one.sealed.text = SECRET
        return request

    def code(self, answer):
        reply = self.wire.door.DoorReply.FromString(answer[0])
        if reply.receipts:
            return self.wire.door.Outcome.Name(reply.receipts[0].outcome)[len("OUTCOME_"):]
        ok(reply.error and len(reply.error) < 200, "door: the error is a sentence", reply) \
            if not reply.error else None
        return NAMES[reply.code]

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
        """An unknown field nested a thousand times inside the deepest message there is."""
        inner = field(1, b"test") + field(5, nested(UNKNOWN, 1000))
        return b"\x08\x01" + field(3, inner)


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


def refused(kind, peer, frames, code, what):
    """One TAP line: what is answered."""
    return same(kind.code(peer.ask(frames)), code, "%s%s: %s is answered %s"
                % (kind.name, " in a session" if getattr(kind, "hello", False) else "", what, code))


def check_shapes(kind, peer):
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
        largest = b"\x08\x01" + field(3, field(1, b"t") + field(15, field(1, b"x" * (1 << 20))))
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
    import zmq
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
        for kind in (Door(wire), Query(wire), Admin(wire), Log(wire), Session(wire)):
            if not getattr(kind, "hello", False):  # first: diag lines of one kind are rationed
                check_peers(kind, wire, system, system.endpoint(kind.name))
                check_size(kind, wire, system.endpoint(kind.name))
            peer = connect(kind, wire, system)
            check_shapes(kind, peer)
            check_cut(kind, peer)
            check_random(kind, peer, draw)
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
