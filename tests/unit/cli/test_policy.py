"""The policy on the command line: its history, a check of another, adopting it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from consumers.cli.policy import MAX_FILE_BYTES
from consumers.container.ledger import open_ledger
from ledger.policy import MAX_BYTES, digest, shipped
from tests.harness.homes import environment, settings_of
from tests.unit.cli.conftest import Run
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "what is typed and said is alike; e2e has both stores")

FIVE = shipped().replace("more_than = 3", "more_than = 5")
FASTER = FIVE.replace('due_after = "PT24H"', 'due_after = "PT12H"')
ABSENT = f"sha256:{'0' * 64}"


def saved(text: str, name: str = "p.toml") -> str:
    Path(name).write_bytes(text.encode())
    return name


def adopt(run: Run, text: str, reason: str = "Because", *more: str) -> None:
    ended = run("policy", "adopt", saved(text), "--reason", reason, *more)
    assert 0 == ended.status, ended.err


def test_the_history_tells_each_adoption_newest_first_with_what_it_changed(run: Run) -> None:
    adopt(run, FIVE, "Fewer reviews")
    adopt(run, FASTER, "The board\nasked for it")
    adopt(run, f"{FASTER}# Seen.\n", "A remark")

    items = run("policy", "history", "--json").json["items"]

    texts = [f"{FASTER}# Seen.\n", FASTER, FIVE, shipped()]
    assert [digest(text) for text in texts] == [each["digest"] for each in items]
    assert [*(digest(text) for text in texts[1:]), None] == [each["previous"] for each in items]
    assert [4, 3, 2, 1] == [each["version"] for each in items]
    assert sorted((each["leaf"] for each in items), reverse=True) == [e["leaf"] for e in items]
    changes = [[change["path"] for change in each["changes"]] for each in items]
    assert [[], ["rca.due_after"], ["triggers.incident_count.more_than"], []] == changes
    assert {"kind": "changed", "before": 3, "after": 5}.items() <= items[2]["changes"][0].items()
    assert "+# Seen.\n" in items[0]["diff"]
    assert ("", "airledger", "As shipped.") == (
        items[3]["diff"],
        items[3]["by"],
        items[3]["reason"],
    )
    assert items[0]["by"] == items[1]["by"] != "airledger"
    assert not items[0]["by"].startswith("person/")


def test_the_history_for_people_is_a_few_lines_each(run: Run) -> None:
    adopt(run, FIVE, "Fewer\nreviews \u202eok")

    told, lines = run("policy", "history").out, run("policy", "history", "--diff").out

    first, named, change, *_ = told.splitlines()
    assert "Fewer reviews \\u202eok (leaf " in first
    assert digest(FIVE) == named.strip()
    assert "triggers.incident_count.more_than: 3 -> 5" == change.strip()
    assert "+more_than = 5" not in told
    assert "-more_than = 3\n+more_than = 5\n" in lines


def test_a_check_tells_what_would_change_and_changes_nothing(run: Run) -> None:
    adopt(run, FIVE)

    told = run("policy", "check", saved(FASTER)).out
    json = run("policy", "check", saved(FASTER), "--json").json

    assert 'rca.due_after: "PT24H" -> "PT12H"' in told
    assert (True, digest(FIVE), digest(FASTER)) == (json["ok"], json["in_force"], json["digest"])
    assert ["rca.due_after"] == [change["path"] for change in json["changes"]]
    assert '+due_after = "PT12H"' in json["diff"]
    assert "It is in force." in run("policy", "check", saved(FIVE)).out
    assert "comments or layout alone" in run("policy", "check", saved(f"{FIVE}#\n")).out
    assert 2 == len(run("policy", "history", "--json").json["items"])


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing is begun by itself")
def test_where_there_is_no_ledger_a_check_makes_none(run: Run, data_dir: Path) -> None:
    told = run("policy", "check", saved(FIVE))
    json = run("policy", "check", saved(FIVE), "--json").json

    assert (0, False) == (told.status, data_dir.exists())
    assert "There is no ledger here" in told.out
    assert {"ok": True, "digest": digest(FIVE), "errors": []} == json


@pytest.mark.only_on("sqlite", "the file of the ledger")
def test_where_the_ledger_cannot_be_read_a_check_still_judges_the_file(
    run: Run, data_dir: Path
) -> None:
    data_dir.mkdir()
    (data_dir / "ledger.db").write_bytes(b"no database " * 500)

    ended = run("policy", "check", saved(FIVE))

    assert 0 == ended.status
    assert "can be adopted" in ended.out
    assert "not compared with the policy in force" in ended.err


def test_the_raw_text_is_the_policys_byte_for_byte(run: Run) -> None:
    windows = FIVE.replace("\n", "\r\n")
    adopt(run, windows)

    assert digest(windows) == run("policy", "history", "--json").json["items"][0]["digest"]
    assert windows == run("policy", "show", "--raw").out
    assert digest(windows) == run("policy", "show", "--json").json["digest"]


def test_a_reason_of_several_lines_leaves_the_shown_policy_a_policy(run: Run) -> None:
    adopt(run, FIVE, "One\n[nonsense\r\nthree")

    assert 0 == run("policy", "check", saved(run("policy", "show").out, "copy.toml")).status


def test_adopting_what_replaces_another_policy_than_expected_is_refused(run: Run) -> None:
    stale = run("policy", "adopt", saved(FIVE), "--reason", "R", "--expect", ABSENT)
    adopt(run, FIVE, "R", "--expect", digest(shipped()))
    again = run("policy", "adopt", saved(FASTER), "--reason", "R", "--expect", digest(shipped()))

    for ended, found in ((stale, digest(shipped())), (again, digest(FIVE))):
        assert 1 == ended.status
        assert f"The policy in force is {found}, not " in ended.err
        assert "airledger policy history" in ended.err
    assert 2 == len(run("policy", "history", "--json").json["items"])


@pytest.mark.parametrize("expect", ["", "3", digest(shipped()).upper(), f"{ABSENT}0"])
def test_what_is_no_digest_is_wrong_usage(run: Run, data_dir: Path, expect: str) -> None:
    ended = run("policy", "adopt", saved(FIVE), "--reason", "R", f"--expect={expect}")

    assert (2, False) == (ended.status, data_dir.exists())
    assert "is no digest" in ended.err


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("\u202e\u200b\ufeff", "empty"),
        ("x" * 2_001, "2001 characters of at most 2000"),
        ("beep\x07", "U+0007"),
        ("\x1b[2Jgone", "U+001B"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_reason_that_nobody_can_read_adopts_nothing(
    run: Run, data_dir: Path, reason: str, said: str
) -> None:
    ended = run("policy", "adopt", saved(FIVE), f"--reason={reason}")

    assert (2, "", False) == (ended.status, ended.out, data_dir.exists())
    assert said in ended.err


@pytest.mark.parametrize("command", [("check",), ("adopt", "--reason", "R")])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "schema: This key is missing"),
        (b"\xef\xbb\xbfschema = 1", "line 1"),
        (b"title = 'a\x00b'", "line 1"),
        (b"\x00" * 100, "line 1"),
        (b"a = " + b"[" * 30_000, "too deeply"),
        (f"{shipped()}{'#' * MAX_BYTES}".encode(), f"of at most {MAX_BYTES}"),
        (b"#" * (MAX_FILE_BYTES + 1), f"longer than {MAX_FILE_BYTES} bytes"),
        (shipped().encode("utf-16"), "not UTF-8"),
    ],
    ids=["empty", "mark", "nul", "nuls", "deep", "long", "huge", "utf-16"],
)
def test_a_file_that_is_no_policy_is_2_and_says_why(
    run: Run, data_dir: Path, command: tuple[str, ...], content: bytes, said: str
) -> None:
    Path("p.toml").write_bytes(content)

    ended = run("policy", *command, "p.toml")

    assert (2, "", False) == (ended.status, ended.out, data_dir.exists())
    assert said in ended.err


@pytest.mark.parametrize("name", [".", "absent.toml", "p.toml/x", "x" * 300])
def test_a_file_that_cannot_be_opened_is_2_and_says_why(run: Run, name: str) -> None:
    saved(FIVE)
    for command in (("check", name), ("adopt", name, "--reason", "R")):
        ended = run("policy", *command)
        assert (2, "") == (ended.status, ended.out)
        assert "cannot be read" in ended.err


ROUNDS = 5


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list[Airledger]]:
    """Two command lines, of two processes, on one data directory."""
    with ExitStack() as stack:
        yield [stack.enter_context(Airledger(tmp_path / name)) for name in ("one", "two")]


@pytest.mark.only_on("sqlite", "postgres")
def test_two_processes_that_adopt_at_once_both_land_on_what_was_really_before(
    processes: list[Airledger], tmp_path: Path
) -> None:
    shared = environment(tmp_path / "shared")
    open_ledger(settings_of(tmp_path / "shared")).close()
    assert 0 == processes[0].run("policy", "show", env=shared).status

    def adopt_all(of: int) -> None:
        for number in range(ROUNDS):
            file = tmp_path / f"{of}.{number}.toml"
            count = 100 * (of + 1) + number
            file.write_text(shipped().replace("more_than = 3", f"more_than = {count}"))
            command = ("policy", "adopt", str(file), "--reason", f"{count}")
            ended = processes[of].run(*command, env=shared)
            assert 0 == ended.status, ended.err

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(adopt_all, range(2)))

    items = processes[0].run("policy", "history", "--json", env=shared).json["items"]
    assert list(range(2 * ROUNDS + 1, 0, -1)) == [each["version"] for each in items]
    before = 3
    for each, previous in zip(reversed(items[:-1]), reversed(items), strict=False):
        (change,) = each["changes"]
        assert (before, each["previous"]) == (change["before"], previous["digest"])
        before = change["after"]
        assert each["reason"] == f"{before}"
