"""Tile paths and entry bundles, as C2SP tlog-tiles writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import EventTooLarge, Invalid
from ledger.transparency.tiles import (
    MAX_TILE_INDEX,
    TilePath,
    decode_bundle,
    encode_bundle,
    entries_path,
    level_size,
    parse_tile_path,
    split_bundle,
    tile_count,
    tile_path,
    width_in,
)


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", TilePath(0, 0)),
        ("tile/0/x001/x234/067", TilePath(0, 1234067)),
        ("tile/0/x001/x234/067.p/8", TilePath(0, 1234067, 8)),
        ("tile/63/999.p/255", TilePath(63, 999, 255)),
        ("tile/entries/x001/000", TilePath(None, 1000)),
        ("tile/entries/273.p/112", TilePath(None, 273, 112)),
    ],
)
def test_a_path_is_written_and_read_as_the_specification_shows(path: str, tile: TilePath) -> None:
    assert path == str(tile)
    assert tile == parse_tile_path(path)


@given(st.none() | st.integers(0, 63), st.integers(0, MAX_TILE_INDEX), st.integers(1, 256))
def test_a_path_leads_back_to_its_tile(level: int | None, index: int, width: int) -> None:
    tile = TilePath(level, index, width)
    assert tile == parse_tile_path(str(tile))


@given(st.from_regex(r"(tile/)?(entries|[0-9]{1,3})(/x?[0-9]{2,4}){1,4}(\.p/[0-9]{1,3})?\n?"))
def test_what_is_read_is_what_would_be_written(path: str) -> None:
    tile = parse_tile_path(path)
    assert tile is None or path == str(tile)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/8/0/000",
        "tile/data/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/X001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1000",
        "tile/0/000.p/1/",
        "tile/0/../0/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/entries/x036/x028/x797/x018/x963/968",
        "tile/0/x001/x000/x000/x000/x000/x000/000",
    ],
)
def test_a_malformed_path_names_no_tile(path: str) -> None:
    assert parse_tile_path(path) is None


def test_the_tiles_of_seventy_thousand_entries_are_those_of_the_specification() -> None:
    size = 70_000
    assert [level_size(level, size) for level in range(4)] == [70_000, 273, 1, 0]
    assert [tile_count(level, size) for level in range(4)] == [274, 2, 1, 0]
    assert [width_in(0, index, size) for index in (272, 273, 274)] == [256, 112, 0]
    assert [width_in(1, index, size) for index in (0, 1, 2)] == [256, 17, 0]
    assert [width_in(2, index, size) for index in (0, 1)] == [1, 0]


def test_the_functions_write_the_same_paths() -> None:
    assert tile_path(1, 1000, 3) == "tile/1/x001/000.p/3"
    assert entries_path(7) == "tile/entries/007"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert entries == decode_bundle(encode_bundle(entries))


def test_an_entry_may_have_65535_bytes_and_no_more() -> None:
    longest = b"x" * 65_535
    assert b"\xff\xff" + longest == encode_bundle([longest])
    assert [longest] == decode_bundle(encode_bundle([longest]))
    with pytest.raises(EventTooLarge, match="65536 bytes"):
        encode_bundle([longest + b"x"])


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=9), st.data())
def test_a_cut_bundle_is_refused_or_has_fewer_entries(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = encode_bundle(entries)
    cut = bundle[: data.draw(st.integers(0, len(bundle) - 1))]
    whole, rest = split_bundle(cut)
    assert entries[: len(whole)] == whole
    assert cut == encode_bundle(whole) + rest
    if rest:
        with pytest.raises(Invalid, match="cut off"):
            decode_bundle(cut)
