"""`airledger metric import`: each value of a file is recorded once, or refused by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.cli.metric_import import MAX_BYTES
from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger
from tests.unit.evaluations.samples import SAMPLES
from tests.unit.evaluations.test_tools import EXPECTED

ZONE = ("--zone", "Europe/Berlin")


@pytest.fixture
def airledger(tmp_path: Path) -> Iterator[Airledger]:
    data = tmp_path / "data"
    with Airledger(data, environment(data)) as opened:
        yield opened


def imported(airledger: Airledger, file: Path, *words: str) -> dict[str, Any]:
    """What was read of a file, and what became of each value."""
    ended = airledger.run("metric", "import", str(file), "--system", "chat", *words, "--json")
    assert ended.status in {0, 1}, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.mark.only_on("sqlite", "what a file is read as is the same on any store")
@pytest.mark.parametrize("name", EXPECTED)
def test_every_value_of_a_sample_is_recorded_and_again_is_nothing_new(
    airledger: Airledger, name: str
) -> None:
    for became in ("recorded", "on record already"):
        found = imported(airledger, SAMPLES / name, *ZONE)
        places = [value["path"] for value in found["read"]["values"]]
        assert sorted(places) == sorted(found["results"])
        wrong = [each for each in found["results"].values() if not each.endswith(became)]
        assert [] == wrong
    listed = airledger.done("measurements", "--limit", "500", "--json").json["items"]
    assert len(places) == len(listed)


def test_a_value_of_a_time_to_come_is_refused_and_the_others_are_recorded(
    airledger: Airledger, tmp_path: Path
) -> None:
    file = tmp_path / "values.csv"
    rows = ("p95,1.5,s,100,2999-01-01T00:00:00Z", "p95,1.6,s,100,2026-01-01T00:00:00Z")
    file.write_text("\n".join(("metric,value,unit,n,until", *rows)))
    found = imported(airledger, file, "--tool", "csv")
    became = [found["results"][value["path"]] for value in found["read"]["values"]]
    assert [True, False] == [each.startswith("refused: ") for each in became]
    assert "to come" in became[0]


def test_long_places_in_a_file_are_told_apart(airledger: Airledger, tmp_path: Path) -> None:
    file, mapping = tmp_path / "deep.json", tmp_path / "deep.toml"
    long = "k" * 300
    file.write_text(json.dumps({long: {"a": 1, "b": 2}}))
    rule = '[[shapes.values]]\nmetric = "{name}"\nvalue = "@"\n'
    each = f'each = [{{ inside = \'"{long}"\', called = "name" }}]\n'
    mapping.write_text(f'tool = "deep"\n[[shapes]]\nformat = "json"\n{rule}{each}')
    found = imported(airledger, file, "--mapping", str(mapping))
    assert 2 == len(found["results"])
    assert all(each.endswith("recorded") for each in found["results"].values())


def test_two_rules_of_one_place_record_both_values(airledger: Airledger, tmp_path: Path) -> None:
    file, mapping = tmp_path / "two.json", tmp_path / "two.toml"
    file.write_text('{"passed": 3, "all": 4}')
    share = '[[shapes.values]]\nmetric = "share"\nvalue = "passed"\nover = "all"\n'
    count = '[[shapes.values]]\nmetric = "count"\nvalue = "passed"\n'
    mapping.write_text(f'tool = "two"\n[[shapes]]\nformat = "json"\n{share}{count}')
    all_of_it = imported(airledger, file, "--mapping", str(mapping))
    assert all(each.endswith("recorded") for each in all_of_it["results"].values())
    assert ["share", "count"] == [each["metric"] for each in all_of_it["read"]["values"]]
    one = imported(airledger, file, "--mapping", str(mapping), "--name", "count=count")
    assert [True] == [each.endswith("on record already") for each in one["results"].values()]


def test_what_is_too_large_is_not_read_whatever_its_size_says(
    airledger: Airledger, tmp_path: Path
) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    for file in (str(large), "/dev/zero"):
        ended = airledger.run("metric", "import", file, "--system", "chat")
        assert (2, True) == (ended.status, "64 MiB" in ended.err)
