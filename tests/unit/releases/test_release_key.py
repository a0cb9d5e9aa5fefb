"""The key that signs statements: made once, for its owner alone, and never silently elsewhere."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as other_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # not in its __all__

from consumers.container.release_key import make_release_key, open_release_key, place_release_key
from ledger.errors import Conflict, SettingsError
from ledger.sealing import private_files
from ledger.settings import Settings, StoreSettings
from ledger.transparency.dsse import new_envelope_key
from tests.unit.releases.conftest import with_key

pytestmark = pytest.mark.only_on("sqlite", "no store is opened")
SHARED = Settings(store=StoreSettings(url="postgresql://nobody@nowhere/none"))


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def keyid(path: Path, _: int) -> str:
    return open_release_key(Settings(data_dir=path)).keyid


def test_an_embedded_ledgers_key_is_made_once_for_its_owner_alone(embedded: Settings) -> None:
    signer = open_release_key(embedded)

    path = embedded.data_dir / "release-key.pem"
    assert signer.keyid == open_release_key(embedded).keyid
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(embedded.data_dir.iterdir())
    assert b"-----BEGIN PRIVATE KEY-----" == path.read_bytes().splitlines()[0]


def test_its_id_is_the_one_that_securesystemslib_computes(embedded: Settings) -> None:
    signer = open_release_key(embedded)

    assert SSlibKey.from_crypto(load_pem_public_key(signer.public_key.encode())).keyid == (
        signer.keyid
    )


def test_many_processes_that_make_it_at_once_have_the_same(embedded: Settings) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        keys = set(pool.map(partial(keyid, embedded.data_dir), range(16)))

    assert {open_release_key(embedded).keyid} == keys


@pytest.mark.parametrize("line", ["mkstemp", "fsync", "link", "unlink"])
def test_a_process_that_dies_as_it_makes_the_key_leaves_a_whole_one_or_none(
    embedded: Settings, line: str
) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def make() -> None:
        owner = {"mkstemp": private_files, "unlink": Path}.get(line, os)
        setattr(owner, line, die)
        open_release_key(embedded)

    process = multiprocessing.get_context("fork").Process(target=make)
    process.start()
    process.join(60)

    path = embedded.release_key_path
    assert -signal.SIGKILL == process.exitcode
    assert (line == "unlink") is path.exists()
    before = path.read_bytes() if path.exists() else None
    signer = open_release_key(embedded)
    assert before in (None, path.read_bytes())
    assert signer.keyid == open_release_key(embedded).keyid


def test_on_postgresql_it_is_made_on_purpose_alone(tmp_path: Path) -> None:
    path = tmp_path / "release.pem"
    with pytest.raises(SettingsError, match=r"releases\.key_file is not set"):
        open_release_key(SHARED)
    with pytest.raises(SettingsError, match="There is no key at"):
        open_release_key(with_key(SHARED, path))
    assert not path.exists()

    made = make_release_key(with_key(SHARED, path))

    assert made.keyid == open_release_key(with_key(SHARED, path)).keyid


def test_no_key_is_overwritten(embedded: Settings) -> None:
    first = make_release_key(embedded)

    with pytest.raises(Conflict, match="already"):
        make_release_key(embedded)
    place_release_key(embedded, first)
    with pytest.raises(SettingsError, match="holds another key"):
        place_release_key(embedded, new_envelope_key())

    assert first.keyid == open_release_key(embedded).keyid


def test_a_file_that_holds_no_such_key_is_refused_and_left_alone(embedded: Settings) -> None:
    path, pkcs8 = embedded.release_key_path, PrivateFormat.PKCS8
    ours = load_pem_private_key(new_envelope_key().export(), password=None)
    locked = ours.private_bytes(Encoding.PEM, pkcs8, BestAvailableEncryption(b"x"))
    elliptic = other_key(SECP256R1()).private_bytes(Encoding.PEM, pkcs8, NoEncryption())
    public = new_envelope_key().public_key.encode()
    for content in (b"", b"no key\n", b"\xff\xfe", locked, elliptic, public):
        path.write_bytes(content)

        with pytest.raises(SettingsError) as refused:
            open_release_key(embedded)

        assert f"{path}: This is no Ed25519 private key" in refused.value.message
        assert content == path.read_bytes()


def test_a_key_that_cannot_be_written_or_read_names_its_file(tmp_path: Path) -> None:
    for path in (tmp_path / "absent" / "key.pem", tmp_path):
        with pytest.raises(SettingsError) as refused:
            open_release_key(with_key(Settings(data_dir=tmp_path), path))

        assert f"The key {path} cannot be" in refused.value.message
