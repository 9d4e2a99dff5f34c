"""Signed checkpoints: "the ledger had this many entries and this root then", under Ed25519.

A checkpoint kept anywhere else (the witness file, an auditor's mail) is what makes truncation and wholesale
rewriting visible: hashes inside a database cannot accuse whoever can rewrite all of them.

    hoshin ledger v1
    <origin>
    <size>
    <root, hex>
    <time, ISO 8601 UTC>

    — ed25519 <public key, hex> <signature of the five lines, hex>
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from hoshin.errors import Corrupt, Unavailable

NOTE = re.compile(
    r"(?P<text>hoshin ledger v1\n(?P<origin>[^\n]*)\n(?P<size>\d+)\n(?P<root>[0-9a-f]{64})\n(?P<at>[^\n]*)\n)"
    r"\n— ed25519 (?P<key>[0-9a-f]{64}) (?P<signature>[0-9a-f]{128})\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head. `note` is the signed text it came from."""

    origin: str
    size: int
    root: str
    at: str
    key: str
    note: str


@dataclass(frozen=True, slots=True)
class Signer:
    """The Ed25519 key in `path` (32 raw bytes as hex, readable by its owner only), made on first use."""

    path: Path

    def public(self) -> str:
        """The public key, hex."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._secret()).public_key().public_bytes_raw().hex()

    def sign(self, origin: str, size: int, root: str, at: str) -> Checkpoint:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.from_private_bytes(self._secret())
        text = f"hoshin ledger v1\n{origin}\n{size}\n{root}\n{at}\n"
        public = key.public_key().public_bytes_raw().hex()
        note = f"{text}\n— ed25519 {public} {key.sign(text.encode()).hex()}\n"
        return Checkpoint(origin, size, root, at, public, note)

    def _secret(self) -> bytes:
        if not self.path.exists():
            self._make()
        try:
            return bytes.fromhex(self.path.read_text(encoding="ascii").strip())
        except (ValueError, OSError) as error:
            raise Unavailable(
                "ledger.key", f"The signing key {self.path} cannot be read: {error}", hint="Restore it from a backup."
            ) from error

    def _make(self) -> None:
        """Two processes may race: the key is written beside its place and linked in once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(os.urandom(32).hex() + "\n")
            os.link(scratch, self.path)
        except FileExistsError:
            pass
        finally:
            scratch.unlink(missing_ok=True)


def parse(note: str) -> Checkpoint:
    """Read a checkpoint and check its signature; Corrupt(ledger.checkpoint) if either fails."""
    found = NOTE.fullmatch(note)
    if not found or not _signed(found["key"], found["signature"], found["text"]):
        raise Corrupt(
            "ledger.checkpoint", "A checkpoint is damaged: its text and its signature do not agree.",
            hint="hoshin audit verify says which.",
        )  # fmt: skip
    return Checkpoint(found["origin"], int(found["size"]), found["root"], found["at"], found["key"], note)


def parse_all(text: str) -> list[Checkpoint | str]:
    """The checkpoints of a witness file in order; a damaged one stays text. Blank lines after one are not
    part of it: a file that a shell or a mail program wrote ends in some."""
    result: list[Checkpoint | str] = []
    for part in re.split(r"(?=^hoshin ledger v1$)", text, flags=re.MULTILINE):
        if part.strip():
            try:
                result.append(parse(part.rstrip() + "\n"))
            except Corrupt:
                result.append(part)
    return result


def _signed(key: str, signature: str, text: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
