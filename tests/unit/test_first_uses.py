"""What many threads of a new process use for the first time at once crashes none of them."""

import subprocess
import sys

import pytest

RACE = """
import os, sys, threading
{imports}

def race():
    sys.setswitchinterval(1e-6)
    together = threading.Barrier(4)
    def use():
        together.wait()
        {use}
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

ended = []
for _ in range(40):
    child = os.fork()
    if child == 0:
        race()
        os._exit(0)
    ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(sorted(set(ended)))
"""
DECODE = "from consumers.json_decoders import decode"


@pytest.mark.parametrize(
    ("imports", "use"),
    [
        ("from ledger.policy import parse_policy, shipped; text = shipped()", "parse_policy(text)"),
        (
            f"{DECODE}; from ledger.domain.incident.kind import INCIDENT",
            "decode(INCIDENT.commands['contain'].body, b'{\"action\": \"off\"}')",
        ),
        (
            f"{DECODE}; from ledger.domain.incident.commands import Report",
            'decode(Report, b\'{"title": "t", "system": "s"}\')',
        ),
    ],
    ids=["policy", "command", "report"],
)
def test_a_first_use_in_many_threads_at_once_ends_well(imports: str, use: str) -> None:
    program = RACE.format(imports=imports, use=use)

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert "[0]\n" == said.stdout
