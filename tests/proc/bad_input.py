"""bad_input.py: what the tests of wrong input share: the messages of proto/, a peer that sends
any frames it likes, and who of a system's processes is alive.

    with Wire() as wire:                              generated modules: wire.door.DoorRequest ...
        peer = wire.peer(system.endpoint("door"))
        frames = peer.ask([b"junk"])                  the answer's frames; Failed when none comes
"""
import importlib
import os
import shutil
import socket
import subprocess
import sys
import glob

import zmq
from zmq.utils import monitor

from sanji_test import LIMIT_S, ROOT, Failed, temp_dir

PROGRAMS = ["sanji-broker", "sanji-intake", "sanji-escalation", "sanji-dispatch", "sanji-audit",
            "sanji-casebook"]
CODES = {}  # name -> number, of proto/status.h


def _read_codes():
    with open(os.path.join(ROOT, "proto/status.h"), encoding="utf-8") as file:
        for line in file:
            if line.lstrip().startswith("X(") and line.count(",") >= 2:
                name, number = line.lstrip()[2:].split(",")[:2]
                if number.strip().isdigit():
                    CODES[name] = int(number)


_read_codes()
NAMES = {number: name for name, number in CODES.items()}


def pids(system):
    """Program -> pid; None for one that is not there."""
    return {program: system.pid_of(program) for program in PROGRAMS}


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    """A length-prefixed field of any number: also one that no message has."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def nested(number, depth):
    """A message in a message in a message."""
    content = b""
    for _ in range(depth):
        content = field(number, content)
    return content


class Peer:
    """A DEALER. Options are set before it connects."""

    def __init__(self, context, endpoint, **options):
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        for name, value in options.items():
            self.socket.setsockopt(getattr(zmq, name), value)
        self.events = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.endpoint = endpoint
        self.socket.connect(endpoint)

    def send(self, frames):
        self.socket.send_multipart(frames)

    def receive(self, limit_s=LIMIT_S):
        """None: nothing came."""
        if not self.socket.poll(limit_s * 1000):
            return None
        return self.socket.recv_multipart()

    def ask(self, frames, limit_s=LIMIT_S):
        self.send(frames)
        answer = self.receive(limit_s)
        if answer is None:
            raise Failed("no answer from %s in %g s to %d frames, the first %r"
                         % (self.endpoint, limit_s, len(frames), frames[0][:60]))
        return answer

    def was_cut(self, limit_s=LIMIT_S):
        """Waits until the other side has closed the connection."""
        if not self.events.poll(limit_s * 1000):
            return False
        return monitor.recv_monitor_message(self.events)["event"] == zmq.EVENT_DISCONNECTED

    def close(self):
        self.socket.disable_monitor()
        self.socket.close(0)


class Wire:
    """The generated messages and a ZeroMQ context for as long as the test runs."""

    def __enter__(self):
        self.folder = temp_dir()
        protos = sorted(glob.glob(os.path.join(ROOT, "proto/*.proto")))
        subprocess.run(["protoc", "--python_out=" + self.folder, "--proto_path="
                        + os.path.join(ROOT, "proto")] + protos, check=True)
        sys.path.insert(0, self.folder)
        for name in ("vocab", "event", "door", "log", "query", "admin"):
            setattr(self, name, importlib.import_module(name + "_pb2"))
        self.context = zmq.Context()
        self.peers = []
        return self

    def __exit__(self, *unused):
        for peer in self.peers:
            peer.close()
        self.context.destroy(0)
        sys.path.remove(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def peer(self, endpoint, **options):
        peer = Peer(self.context, endpoint, **options)
        self.peers.append(peer)
        return peer


def raw(endpoint, data):
    """Bytes on the bare socket of an ipc endpoint, no ZeroMQ on our side: true when the server
    hangs up on us."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bare:
        bare.settimeout(LIMIT_S)
        bare.connect(endpoint[len("ipc://"):])
        try:
            bare.sendall(data)
            while bare.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        except TimeoutError:
            return False
    return True
