"""Keys, signed notes and checkpoints: known answers, round trips, refusals."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid, SettingsError
from ledger.transparency.keys import Signer, generate, is_key_name, parse_signer, parse_verifier
from ledger.transparency.merkle import EMPTY_ROOT
from ledger.transparency.notes import (
    Checkpoint,
    format_checkpoint,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    sign_checkpoint,
    sign_note,
)
from tests.unit.transparency.sample_log import SIGNER

# The key pair and note in the documentation of golang.org/x/mod/sumdb/note.
GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
GO = parse_verifier(GO_VKEY)
TEXT = "one\n\ntwo\n"
NOTE = sign_note(TEXT, SIGNER)


def test_the_known_key_signs_the_known_note() -> None:
    signer = parse_signer(GO_KEY)
    assert signer.export() == GO_KEY
    assert str(signer.verifier) == GO_VKEY
    assert sign_note(GO_TEXT, signer) == GO_NOTE
    assert open_note(GO_NOTE, GO) == GO_TEXT


def test_a_new_key_survives_being_written_down() -> None:
    signer = generate("example.com/log")
    assert signer == parse_signer(f"{signer.export()}\n")
    assert signer.verifier == parse_verifier(f"{signer.verifier}\n")
    assert generate("example.com/log").seed != signer.seed


def test_a_key_does_not_show_itself() -> None:
    shown = f"{SIGNER!r} {SIGNER} {SIGNER.verifier!r}"
    assert SIGNER.seed.hex() not in shown
    assert SIGNER.export() not in shown
    assert repr(SIGNER.seed) not in shown


@pytest.mark.parametrize("name", ["a", "airledger/7f3a", "köln.example/log", "名"])
def test_names_that_a_log_may_have(name: str) -> None:
    signer = generate(name)
    assert is_key_name(name)
    assert open_note(sign_note("x\n", signer), parse_verifier(str(signer.verifier))) == "x\n"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\n", "a\u00a0b", "a\u2028", "\ud800"])
def test_names_that_a_log_may_not_have(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(SettingsError, match="cannot be a log's name"):
        generate(name)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "no signing key"),
        (GO_VKEY, "no signing key"),
        ("PRIVATE+KEY+", "not name"),
        (GO_KEY.replace("PeterNeumann", "Peter Neumann"), "not name"),
        (GO_KEY.replace("PeterNeumann", "OtherName"), "is damaged"),
        (GO_KEY.replace("c74f20a3", "c74f20a4"), "is damaged"),
        (GO_KEY.replace("c74f20a3", "c74f20a"), "not name"),
        (GO_KEY.replace("AYEK", "AoEK"), "Ed25519 key"),
        (GO_KEY[:-4], "Ed25519 key"),
        (GO_KEY[:-1], "Ed25519 key"),
        (GO_KEY.replace("AYEK", "AYEL"), "is damaged"),
    ],
)
def test_a_signing_key_that_is_none_is_a_settings_error(key: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as error:
        parse_signer(key)
    assert error.value.remedy
    assert GO_KEY[-40:] not in str(error.value)


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "not name"),
        (GO_KEY, "private signing key"),
        (GO_VKEY.replace("c74f20a3", "00000000"), "is damaged"),
        (GO_VKEY.replace("Peter", "Pete"), "is damaged"),
        (GO_VKEY + "A", "Ed25519 key"),
    ],
)
def test_a_verifier_key_that_is_none_is_a_settings_error(vkey: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        parse_verifier(vkey)


def test_the_last_empty_line_parts_text_from_signatures() -> None:
    assert open_note(NOTE, SIGNER.verifier) == TEXT


def test_signatures_of_others_are_ignored() -> None:
    other = generate("witness.example")
    namesake = generate(SIGNER.name)
    lines = [sign_note(TEXT, signer).rpartition(b"\n\n")[2] for signer in (other, namesake, SIGNER)]
    note = TEXT.encode() + b"\n" + b"".join(lines)
    for signer in (other, namesake, SIGNER):
        assert open_note(note, signer.verifier) == TEXT
    with pytest.raises(Invalid, match="is not signed by sample"):
        open_note(sign_note(TEXT, namesake), SIGNER.verifier)


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_a_note_with_one_other_bit_is_refused(bit: int) -> None:
    changed = bytearray(NOTE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Invalid):
        open_note(bytes(changed), SIGNER.verifier)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (b"", "no signature lines"),
        (TEXT.encode(), "malformed signature line"),
        (NOTE[:-1], "no signature lines"),
        (NOTE + b"\n", "no signature lines"),
        (NOTE + b"-- somebody AAAAAAA=\n", "malformed signature line"),
        (NOTE + "— some body AAAAAAA=\n".encode(), "malformed signature line"),
        (NOTE + "— somebody AAAA\n".encode(), "malformed signature line"),
        (NOTE + "— a AAAAAAA=\n".encode() * 100, "more than 100"),
        (NOTE.replace(b"one", b"o\te"), "control characters"),
        (b"\xff" + NOTE, "not UTF-8"),
    ],
)
def test_a_malformed_note_is_refused(note: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        open_note(note, SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n"])
def test_only_a_text_that_can_be_a_note_is_signed(text: str) -> None:
    with pytest.raises(ValueError, match="ends in a newline"):
        sign_note(text, SIGNER)


@given(st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_signed(size: int, root: bytes) -> None:
    expected = Checkpoint(SIGNER.name, size, root)
    assert expected == open_checkpoint(sign_checkpoint(SIGNER, size, root), SIGNER.verifier)


def test_a_checkpoint_is_three_lines() -> None:
    root = base64.b64encode(EMPTY_ROOT).decode()
    text = f"example.com/log\n0\n{root}\n"
    assert text == format_checkpoint(Checkpoint("example.com/log", 0, EMPTY_ROOT))
    assert parse_checkpoint(text + "an extension\n").size == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("log\n1\n", "three lines"),
        ("log\n1\nROOT", "three lines"),
        ("\n1\nROOT\n", "three lines"),
        ("log\n1\nROOT\n\n", "three lines"),
        ("log\n01\nROOT\n", "no plain decimal"),
        ("log\n-1\nROOT\n", "no plain decimal"),
        ("log\n+1\nROOT\n", "no plain decimal"),
        ("log\n\u0661\nROOT\n", "no plain decimal"),
        ("log\n9223372036854775808\nROOT\n", "no plain decimal"),
        ("log\n1\nROOT=\n", "not 32 bytes"),
        ("log\n1\nAAAA\n", "not 32 bytes"),
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str, reason: str) -> None:
    root = base64.b64encode(EMPTY_ROOT).decode()
    with pytest.raises(Invalid, match=reason):
        parse_checkpoint(text.replace("ROOT", root))


def test_a_checkpoint_of_another_log_is_refused() -> None:
    text = format_checkpoint(Checkpoint("other.example/log", 0, EMPTY_ROOT))
    with pytest.raises(Invalid, match=r"is of the log other\.example/log"):
        open_checkpoint(sign_note(text, SIGNER), SIGNER.verifier)


def test_a_signer_signs_in_its_own_name() -> None:
    assert Signer("a", SIGNER.seed).verifier.key_id != SIGNER.verifier.key_id
