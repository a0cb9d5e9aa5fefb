"""`airledger trends`: the same numbers as a table and as JSON."""

from tests.unit.cli.conftest import Run

REPORT = ("incident", "report", "--title", "Broken", "--system", "chat", "--severity", "high")


def test_the_trends_of_a_month_are_tables_or_one_document(run: Run) -> None:
    for hour in ("11:00", "13:00"):
        at = "2026-03-03T10:00:00Z"
        ref = run(*REPORT, "--detected-at", at, "--json").json["reference"]
        ended = run("incident", "contain", ref, "Off", "--at", f"2026-03-03T{hour}:00Z")
        assert 0 == ended.status, ended.err
    found = run("trends", "--month", "2026-03", "--json").json
    assert (2, 3600.0, 10800.0) == (
        found["contain"]["recorded"],
        found["contain"]["median_seconds"],
        found["contain"]["p90_seconds"],
    )
    shown = run("trends", "--from", "2026-02", "--to", "2026-03", "--system", "chat").out
    for word in ("Time to contain", "1 h 00 min", "3 h 00 min", "Not applicable", "nobody"):
        assert word in shown
    assert "No incident was detected" in run("trends", "--month", "2001-01").out
    assert 2 == run("trends", "--month", "2001").status
