"""test_log_alone.py: a log alone, without deploy/, verifies and explains every case."""
import os
import shutil
import subprocess

from sanji_test import BIN, Process, System, main, same, temp_dir


def log_alone():
    with System() as system:
        demo = system.start("demo", "y-mini")
        demo.wait_line(r"^DEMO DONE", limit_s=240)
        same(demo.wait_exit(), 0, "y-mini is played")
        cases = [event["case_no"] for event in system.events("--type", "CaseReceived", "--restricted")]
        same(system.down(), 0, "the system drains")

        # Somewhere else: the programs, the log, nothing else; no stage runs.
        place = temp_dir()
        try:
            data, run = os.path.join(place, "data"), os.path.join(place, "run")
            os.mkdir(data)
            for name in os.listdir(system.data_dir):
                path = os.path.join(system.data_dir, name)
                if os.path.isfile(path):
                    shutil.copy2(path, data)

            def sanji(*args):
                return subprocess.run([os.path.join(BIN, "sanji"), *args, "--run", run], cwd=place,
                                      capture_output=True, text=True, timeout=60)
            verified = sanji("verify", "--data", data)
            same(verified.returncode, 0, "the log verifies")
            broker = Process([os.path.join(BIN, "sanji-broker"), "--run", run, "--data", data,
                              "--clock", "driven"], cwd=place)
            broker.wait_line(r"^READY ")
            wrong, differs, unrouted = [], [], []
            for case_no in cases:
                out = sanji("case", "explain", case_no)
                if out.returncode != 0 or case_no not in out.stdout or "CLOSED" not in out.stdout:
                    wrong.append((case_no, out.returncode, out.stderr[:200]))
                if "复算不符" in out.stdout:
                    differs.append(case_no)
                if "rule" not in out.stdout and "自行处置" not in out.stdout:
                    unrouted.append(case_no)
            same(len(cases), 152, "152 cases")
            same(wrong, [], "every case is explained from the log alone")
            same(unrouted, [], "with the rule by which it was routed")
            same(differs, [], "every deadline recounts to the instant on record")
            same(broker.stop(), 0, "the broker drains")
        finally:
            shutil.rmtree(place, ignore_errors=True)


main(log_alone)
