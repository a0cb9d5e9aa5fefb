"""Apache Kafka's jars, by Maven, in a directory that is whole or not there."""

import shutil
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

POM = Path(__file__).with_name("pom.xml")
KEPT = Path(__file__).parents[2] / "build/kafka/jars"
"""Where they are kept for the next time, by what pom.xml says."""


def jars() -> Path:
    """The directory of the jars, filled where it is not there. Raises RuntimeError."""
    wanted = KEPT / sha256(POM.read_bytes()).hexdigest()[:16]
    if wanted.is_dir():
        return wanted
    maven = shutil.which("mvn")
    if maven is None:
        raise RuntimeError("Maven is missing: apt-get install maven (Debian, Ubuntu).")
    KEPT.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(dir=KEPT))
    try:
        copy = ("dependency:copy-dependencies", f"-DoutputDirectory={scratch}")
        done = subprocess.run(
            [maven, "-q", "-B", "-f", POM, *copy], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"Maven could not bring Apache Kafka: {done.stdout[-2_000:]}")
        with suppress(OSError):  # another process was first, with the same
            scratch.rename(wanted)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return wanted
