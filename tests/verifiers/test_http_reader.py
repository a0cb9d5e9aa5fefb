"""The ledger's own audit of a log behind HTTP, and its errors."""

import socket

import pytest

from ledger.errors import Invalid, NotFound, SettingsError, Unavailable
from ledger.transparency.audit import audit
from ledger.transparency.http_reader import HttpLogReader
from ledger.transparency.tiles import TILE_WIDTH
from tests.unit.transparency.sample_log import VKEY, SampleLog, build, numbered
from tests.verifiers.log_server import serve

LOG = build(numbered(700))


@pytest.mark.parametrize("suffix", ["", "/", "/log", "/log/"])
def test_a_served_log_passes(suffix: str) -> None:
    with serve(LOG) as server, HttpLogReader(server.url + suffix) as reader:
        result = audit(reader, VKEY)
    assert (result.ok, result.size) == (True, 700)
    assert "/log/tile/entries/002.p/188" in server.requests


def test_a_damaged_served_log_is_named() -> None:
    log = LOG.copy()
    log.stored[300] = b"forged"
    with serve(log) as server, HttpLogReader(server.url) as reader:
        assert audit(reader, VKEY).first_bad_index == 300


def test_a_full_tile_stands_in_for_a_partial_one_that_is_gone() -> None:
    class Pruned(SampleLog):
        def tile(self, level: int, index: int, width: int) -> bytes:
            if width < TILE_WIDTH and (level, index) == (0, 1):
                raise NotFound("gone")
            return super().tile(level, index, width)

    log = Pruned(LOG.stored, LOG.tiles, 700, LOG.signed)
    with serve(log) as server, HttpLogReader(server.url) as reader:
        assert reader.tile(0, 1, 100) == LOG.tiles[0, 1]
        with pytest.raises(NotFound, match=r"There is no http://127.*/log/tile/0/009"):
            reader.tile(0, 9, 256)


def test_entries_need_a_token_where_the_log_is_not_public() -> None:
    with serve(LOG, token="secret") as server:
        with HttpLogReader(server.url, token="secret") as reader:
            assert audit(reader, VKEY).ok
        with HttpLogReader(server.url) as reader:
            with pytest.raises(SettingsError, match="status 401") as error:
                audit(reader, VKEY)
            assert "--token" in error.value.remedy


def test_a_server_without_a_log_is_a_settings_error() -> None:
    with (
        serve(LOG) as server,
        HttpLogReader(f"{server.url}/elsewhere") as reader,
        pytest.raises(SettingsError, match="no log at http"),
    ):
        reader.checkpoint()


def test_a_server_that_is_down_or_silent_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://user:password@127.0.0.1:{silent.getsockname()[1]}"
        with (
            HttpLogReader(url, timeout=0.05) as reader,
            pytest.raises(Unavailable, match="did not answer in time") as error,
        ):
            reader.checkpoint()
        assert "password" not in str(error.value)
    with HttpLogReader(url) as reader, pytest.raises(Unavailable, match="cannot be reached"):
        reader.checkpoint()


def test_an_answer_that_is_too_long_is_refused() -> None:
    class Endless(SampleLog):
        def tile(self, level: int, index: int, width: int) -> bytes:
            return bytes(9_000)

    log = Endless([], {}, 0, b"")
    with (
        serve(log) as server,
        HttpLogReader(server.url) as reader,
        pytest.raises(Invalid, match="more than the 8192 bytes"),
    ):
        reader.tile(0, 0, 256)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://a:x", "http://a:99999", "/log"],
)
def test_what_is_no_url_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match="not the URL of a server"):
        HttpLogReader(url)
