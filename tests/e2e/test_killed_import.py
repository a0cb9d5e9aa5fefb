"""An import whose server is killed in its midst is completed by the same command."""

from pathlib import Path
from threading import Thread

import httpx

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client
from tests.harness.process import until
from tests.unit.cli.processes import Airledger, Ended

VALUES = 60
WORDS = ("--tool", "csv", "--system", "chat")


def recorded(api: httpx.Client) -> list[str]:
    """The metrics of all that is on record."""
    items = api.get("/v1/measurements", params={"limit": 200}).raise_for_status().json()["items"]
    return [each["metric"] for each in items]


def test_what_a_killed_server_had_recorded_stays_and_the_rest_follows(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "values.csv"
    rows = [f"m{number},1.5,s,100,2026-01-01T00:00:00Z" for number in range(VALUES)]
    file.write_text("\n".join(("metric,value,unit,n,until", *rows)))
    token = add_token(data, "ada", Scope.OPERATE)
    command = ("metric", "import", str(file), *WORDS)
    with Server(data, anew=True) as server:
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        with Airledger(tmp_path / "elsewhere", env) as remote, client(server, token) as api:
            ended: list[Ended] = []
            importing = Thread(target=lambda: ended.append(remote.run(*command)))
            importing.start()
            until(lambda: len(recorded(api)) >= 5, "some values are recorded")
            server.kill()
            importing.join()
            server.restart()
            assert (1, True) == (ended[0].status, "what is on record stays" in ended[0].err)
            said = remote.done(*command).text
            assert "on record already" in said
            until(lambda: len(recorded(api)) >= VALUES, "all values are listed")
            assert sorted(f"m{number}" for number in range(VALUES)) == sorted(recorded(api))
