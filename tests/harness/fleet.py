"""A ledger on PostgreSQL whose jobs are processes, each a database user with its rights alone."""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from consumers.container.backends import begin_log, open_store
from consumers.container.roles import Role
from ledger.settings import LogSettings, Settings, StoreSettings, ViewsSettings
from ledger.store.postgres import schema
from tests.e2e.server import Server
from tests.harness.kafka import kafka_at
from tests.harness.postgres import Database

RIGHTS: Mapping[Role, tuple[schema.Role, ...]] = {
    Role.INTAKE: (schema.INTAKE,),
    Role.RELAY: (schema.READER,),
    Role.SEALER: (schema.SEALER,),
    Role.PROJECTOR: (schema.PROJECTOR,),
    Role.REACTOR: (schema.INTAKE,),
    Role.CLOCK: (schema.INTAKE,),
    Role.WEB: (schema.INTAKE, schema.READER),
}
"""What each job's user may do."""
ALONE: tuple[Role, ...] = tuple(role for role in RIGHTS if role is not Role.RELAY)
"""The jobs of a ledger without Kafka."""


class Fleet:
    """One ledger, its settings for whoever may do everything, and its processes by name.

    `env` are variables of all processes that are added from then on.

    With brokers of Kafka it takes signals from there, too, and its read models are fed from there.
    """

    def __init__(self, database: Database, directory: Path, brokers: Sequence[str] = ()) -> None:
        self.database = database
        self.directory = directory
        self.brokers = list(brokers)
        self.key = directory / "log.key"
        everything = database.as_user(database.user(*schema.ROLES))
        self.settings = Settings(
            data_dir=directory / "data",
            store=StoreSettings(url=everything),
            views=ViewsSettings(url=everything, feed="kafka" if brokers else "store"),
            kafka=kafka_at(brokers),
            log=LogSettings(key_file=self.key),
        )
        with closing(open_store(self.settings)) as store:
            begin_log(self.settings, store)
        self.processes: dict[str, Server] = {}
        self.visitors: list[str] = []
        self.env: dict[str, str] = {}

    def add(self, role: Role, number: int = 1) -> Server:
        """One more process; it is not started yet."""
        name = f"{role}{number}"
        url = self.database.as_user(self.database.user(*RIGHTS[role]))
        env = {
            "AIRLEDGER_STORE__URL": url,
            "AIRLEDGER_VIEWS__URL": url,
            "AIRLEDGER_VIEWS__FEED": self.settings.views.feed,
            **self.env,
        }
        if self.brokers:
            env["AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS"] = ",".join(self.brokers)
        if role is Role.SEALER:
            key = self.directory / f"sealer{number}" / "log.key"
            key.parent.mkdir()
            shutil.copy(self.key, key)
            env["AIRLEDGER_LOG__KEY_FILE"] = str(key)
        self.processes[name] = Server(
            self.settings.data_dir, env=env, command=f"run {role}", log_name=name
        )
        return self.processes[name]

    @contextmanager
    def running(
        self, deployed: Mapping[Role, int], visitors: Collection[Role] = ()
    ) -> Iterator["Fleet"]:
        """So many processes of each of these roles, by names as "intake1".

        `visitors` get one more each, the last by its name, which is not started.
        """
        started = [self.add(role, n + 1) for role, count in deployed.items() for n in range(count)]
        self.visitors = [f"{role}{deployed[role] + 1}" for role in visitors]
        for role in visitors:
            self.add(role, deployed[role] + 1)
        with ExitStack() as stack:
            for process in self.processes.values():
                stack.callback(process.end)
            for process in started:
                process.spawn()
            for process in started:
                process.await_ready()
            yield self
