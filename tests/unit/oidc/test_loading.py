"""A server without a provider loads no client of one: it costs every start time and memory."""

import subprocess
import sys

CLIENTS = ("authlib", "joserfc", "httpx")


def test_the_pages_load_no_client_of_a_provider() -> None:
    program = f"import sys, consumers.web.app; print([n for n in {CLIENTS} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"[]" == done.stdout.strip()
