"""Apache Kafka on loopback, one broker or three: what a developer starts, and what tests run on.

Each node is broker and controller (KRaft). What was said of it stays in its directory: a node that
is started again is the same one, on the same ports, with its data.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from infra.kafka.jars import jars

HEAP = "256m"
START_WITHIN_SECONDS = 60
STOP_WITHIN_SECONDS = 30
_ID = "cluster.id"
_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners={protocol}://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map={protocol}:{protocol},CONTROLLER:PLAINTEXT
inter.broker.listener.name={protocol}
log.dirs={directory}/data
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={least}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=5
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={least}
group.initial.rebalance.delay.ms=0
message.max.bytes=1048588
"""
_LOGGING = """\
Configuration:
  status: warn
  Appenders:
    Console:
      name: Console
      PatternLayout:
        pattern: "%d %p %m (%c)%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        ref: Console
"""


class Ports(NamedTuple):
    """Where a node listens: for clients, and for the other controllers."""

    broker: int
    controller: int


class Secured(NamedTuple):
    """How clients and brokers meet a broker that asks who they are.

    `users` are passwords by name, for SCRAM-SHA-512. `properties` are added to each node's.
    """

    protocol: str
    users: Mapping[str, str]
    properties: Mapping[str, str]


OPEN = Secured("PLAINTEXT", {}, {})


class Cluster:
    """A cluster in a directory, made at the first start. Raises RuntimeError for what fails."""

    def __init__(self, directory: Path, brokers: int = 1, secured: Secured = OPEN) -> None:
        self._secured = secured
        self._directory = directory.resolve()
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._nodes = [self._directory / f"node{number}" for number in range(1, brokers + 1)]

    @property
    def bootstrap_servers(self) -> list[str]:
        """Every broker, as host:port."""
        return [f"127.0.0.1:{_ports(node).broker}" for node in self._nodes]

    def start(self) -> None:
        """Starts every node that does not run, and waits until all of them answer."""
        self.make()
        for number in range(1, len(self._nodes) + 1):
            self.spawn(number)
        for number in range(1, len(self._nodes) + 1):
            self.await_ready(number)

    def spawn(self, number: int) -> None:
        """Starts a node, unless it runs, and does not wait for it."""
        node = self._nodes[number - 1]
        if self.pid(number) is not None:
            return
        with (node / "log").open("ab") as log:
            self._children[number] = started = subprocess.Popen(
                [*_java(node), "kafka.Kafka", node / "server.properties"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (node / "pid").write_text(f"{started.pid}", "ascii")

    def await_ready(self, number: int) -> None:
        """Waits until a node takes connections."""
        node = self._nodes[number - 1]
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while not _listens(_ports(node).broker):
            if self.pid(number) is None or time.monotonic() > deadline:
                said = (node / "log").read_text("utf-8", "replace")[-2_000:]
                raise RuntimeError(f"Kafka's node {number} did not start: {said}")
            time.sleep(0.05)

    def pid(self, number: int) -> int | None:
        """The process of a node; None where it does not run."""
        node = self._nodes[number - 1]
        if number in self._children:
            self._children[number].poll()  # one that ended is no process any more
        try:
            pid = int((node / "pid").read_text("ascii"))
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        # Java's launcher begins a second time, and has no command line for a moment.
        own = not command or str(node).encode() in command
        return pid if own and state != "Z" else None

    def kill(self, number: int) -> None:
        """SIGKILL for a node."""
        self._signal(number, signal.SIGKILL)

    def stop(self) -> None:
        """Asks every node to end, and waits until it has."""
        for number in range(1, len(self._nodes) + 1):
            if (pid := self.pid(number)) is not None:
                os.kill(pid, signal.SIGTERM)
        for number in range(1, len(self._nodes) + 1):
            try:
                self._await_end(number)
            except RuntimeError:
                self.kill(number)

    def remove(self) -> None:
        """Kills what runs and removes its data."""
        for number in range(1, len(self._nodes) + 1):
            self.kill(number)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _signal(self, number: int, which: signal.Signals) -> None:
        if (pid := self.pid(number)) is not None:
            os.kill(pid, which)
            self._await_end(number)

    def _await_end(self, number: int) -> None:
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while self.pid(number) is not None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kafka's node {number} did not end.")
            time.sleep(0.02)
        if number in self._children:
            self._children[number].wait()  # it may have ended since it was last asked

    def make(self) -> None:
        """Ports, properties and empty storage for every node, unless it was done."""
        if all((node / "server.properties").exists() for node in self._nodes):
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        # One that begins with a dash would be taken for an option.
        identity = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        ports = _free_ports(len(self._nodes))
        voters = ",".join(f"{n}@127.0.0.1:{p.controller}" for n, p in enumerate(ports, start=1))
        copies = min(3, len(self._nodes))
        for number, (node, (broker, controller)) in enumerate(
            zip(self._nodes, ports, strict=True), start=1
        ):
            node.mkdir(exist_ok=True)
            (node / "log4j2.yaml").write_text(_LOGGING, "ascii")
            properties = _PROPERTIES.format(
                node=number,
                protocol=self._secured.protocol,
                voters=voters,
                broker=broker,
                controller=controller,
                directory=node,
                copies=copies,
                least=max(1, copies - 1),
            )
            scratch = node / "server.properties.new"
            more = [f"{name}={value}\n" for name, value in self._secured.properties.items()]
            scratch.write_text("".join((properties, *more)), "ascii")
            format_it: list[str | Path] = [
                "kafka.tools.StorageTool",
                "format",
                "-t",
                identity,
                "-c",
                scratch,
            ]
            for user, password in self._secured.users.items():
                format_it += ["-S", f"SCRAM-SHA-512=[name={user},password={password}]"]
            done = subprocess.run(
                [*_java(node), *format_it], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"Kafka's storage cannot be made: {done.stdout}{done.stderr}")
            scratch.rename(node / "server.properties")


def _java(node: Path) -> Sequence[str | Path]:
    java = shutil.which("java")
    if java is None:
        raise RuntimeError("Java is missing: apt-get install default-jre-headless (17 or newer).")
    return (
        java,
        f"-Xmx{HEAP}",
        f"-Xms{HEAP}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Dlog4j2.configurationFile={node / 'log4j2.yaml'}",
        "-cp",
        f"{jars()}/*",
    )


def _ports(node: Path) -> Ports:
    told = dict(
        line.split("=", 1)
        for line in (node / "server.properties").read_text("ascii").splitlines()
        if "=" in line
    )
    broker, controller = (each.rpartition(":")[2] for each in told["listeners"].split(","))
    return Ports(int(broker), int(controller))


def _free_ports(nodes: int) -> list[Ports]:
    """Ports that nobody listens on now, all of them held until the last is known."""
    with ExitStack() as held:

        def free() -> int:
            taken = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            return int(taken.getsockname()[1])

        return [Ports(free(), free()) for _ in range(nodes)]


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
