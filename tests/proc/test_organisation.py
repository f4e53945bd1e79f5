"""test_organisation.py: the demonstration organisation is what its generator writes, and one
of nearly ten times the size loads in two seconds."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

from sanji_test import ROOT, main, ok, same

GENERATE = os.path.join(ROOT, "deploy/organisation/generate.py")
SHIPPED = os.path.join(ROOT, "deploy/organisation")
FILES = ("org.yaml", "roster.yaml")
LOAD_MAX_S = 2 if os.environ.get("SANJI_VARIANT", "release") == "release" else 20


def generate(*arguments):
    return subprocess.run([sys.executable, GENERATE, *arguments], capture_output=True,
                          text=True, timeout=60, check=False)


def content(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def reproduced():
    same(generate("--check").returncode, 0, "the generator finds the shipped files its own")
    with tempfile.TemporaryDirectory() as folder:
        same(generate(folder).returncode, 0, "it writes into another folder")
        for name in FILES:
            ok(content(folder, name) == content(SHIPPED, name), f"{name}, byte for byte")
        with open(os.path.join(folder, "org.yaml"), "ab") as file:
            file.write(b"#\n")
        out = generate("--check", folder)
        same(out.returncode, 1, "one byte more is noticed")
        ok("org.yaml" in out.stderr, "and the file is named")


def large():
    sanji = os.path.join(os.environ.get("SANJI_BIN", os.path.join(ROOT, "build/release/bin")),
                         "sanji")
    with tempfile.TemporaryDirectory() as folder:
        deploy = os.path.join(folder, "deploy")
        shutil.copytree(os.path.join(ROOT, "deploy"), deploy)
        same(generate("--times", "10", os.path.join(deploy, "organisation")).returncode, 0,
             "an organisation of ten times the size is written")
        workers = content(os.path.join(deploy, "organisation"), "roster.yaml").count(b"- {worker:")
        ok(workers > 8000, f"it has {workers} workers")
        start = time.monotonic()
        out = subprocess.run([sanji, "check-config", os.path.join(deploy, "sanji.yaml"),
                              "--run", folder], capture_output=True, text=True, timeout=120,
                             check=False)
        took_s = time.monotonic() - start
        ok(out.returncode == 0, "it is right", out.stderr)
        ok(took_s <= LOAD_MAX_S, f"and loaded in {took_s:.2f} s")


def organisation():
    reproduced()
    large()


main(organisation)
