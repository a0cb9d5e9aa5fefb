"""Builds the Go verifiers once and asks them for their verdict on a log.

The programs lie in `build/verifiers/<digest>`, where the digest covers their sources, the versions
of their modules and Go's own, so that a second run, or another worker of this one, builds nothing.
By hand, in this directory:

    go build -o ../../build/verifiers/ ./note-tlog github.com/transparency-dev/tessera/cmd/fsck
    fsck --ui=false --public_key VKEY_FILE --storage_url http://127.0.0.1:8080/log/
    note-tlog http://127.0.0.1:8080/log VKEY_FILE

Tessera's fsck (1.0.4) exits 0 after "fsck failed" and panics on a bundle that lacks entries. Its
workers stop at a bad tile each, and when all have, it waits for ever: with one worker, the default,
that is at the first bad tile with some behind it. So it gets several workers and a time limit, and
its success line is what counts.
"""

import fcntl
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from tests.components import require

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent.parent / "build" / "verifiers"
NOTE_TLOG = "./note-tlog"
FSCK = "github.com/transparency-dev/tessera/cmd/fsck"

_WORKERS = "16"
_ACCEPTED = re.compile(r"^accepted size=(\d+)$", re.MULTILINE)
_SUCCESS = re.compile(r"Successfully fsck'd log with size (\d+) ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verifier said: the size it accepted, or None and why in `output`."""

    size: int | None
    output: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether it accepted the whole log."""
        return self.size is not None


def note_tlog(
    log: str | Path,
    vkey: str,
    *,
    older: bytes | None = None,
    token: str | None = None,
    timeout: float = 120,
) -> Verdict:
    """golang.org/x/mod's verdict on the log below a URL (`http://host:port/log`) or directory.

    `vkey` is the verifier key itself; `older` a signed checkpoint that the log must continue.
    """
    with tempfile.TemporaryDirectory() as scratch:
        options = []
        if older is not None:
            old = Path(scratch, "older")
            old.write_bytes(older)
            options += ["-older", str(old)]
        if token is not None:
            options += ["-token", token]
        key = _key_file(scratch, vkey)
        return _run(NOTE_TLOG, [*options, str(log), key], _ACCEPTED, timeout)


def fsck(log: str | Path, vkey: str, *, token: str | None = None, timeout: float = 120) -> Verdict:
    """Tessera's verdict on the log below a URL (`http://host:port/log`) or directory."""
    url = log.absolute().as_uri() if isinstance(log, Path) else log
    with tempfile.TemporaryDirectory() as scratch:
        options = ["--ui=false", "--N", _WORKERS, "--public_key", _key_file(scratch, vkey)]
        if token is not None:
            options += ["--bearer_token", token]
        return _run(FSCK, [*options, "--storage_url", url.rstrip("/") + "/"], _SUCCESS, timeout)


def _key_file(scratch: str, vkey: str) -> str:
    file = Path(scratch, "vkey")
    file.write_text(f"{vkey}\n", encoding="utf-8")
    return str(file)


def _run(package: str, arguments: list[str], success: re.Pattern[str], timeout: float) -> Verdict:
    program = programs() / package.rsplit("/", 1)[-1]
    started = time.monotonic()
    try:
        done = subprocess.run(
            [program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        output, status = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as error:
        said = (error.output or b"").decode(errors="replace")
        output, status = f"{said}no verdict within {timeout} s\n", -1
    match = success.search(output) if status == 0 else None
    return Verdict(int(match[1]) if match else None, output, time.monotonic() - started)


@cache
def programs() -> Path:
    """The directory with both programs, built if need be; skips without Go (see `require`)."""
    go = require("go")
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    environment |= {"CGO_ENABLED": "0"}
    version = subprocess.run([go, "version"], capture_output=True, check=True, env=environment)
    digest = sha256(version.stdout)
    for file in sorted([*SOURCES.glob("go.*"), *SOURCES.glob("*/*.go")]):
        digest.update(file.read_bytes())
    target = BUILD / digest.hexdigest()[:16]
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _build(go, target, environment)
    return target


def _build(go: Path, target: Path, environment: dict[str, str]) -> None:
    """Build beside the target and move it there whole, so that a broken build leaves nothing."""
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        whole = Path(scratch, "programs")
        whole.mkdir()
        built = subprocess.run(
            [go, "build", "-trimpath", "-o", f"{whole}{os.sep}", NOTE_TLOG, FSCK],
            cwd=SOURCES,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if built.returncode:
            raise RuntimeError(f"go build failed:\n{built.stdout.decode(errors='replace')}")
        whole.rename(target)
