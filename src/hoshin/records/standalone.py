"""Verify an exported hoshin ledger with nothing but Python's standard library: `python verify.py [folder] [anchor...]`.

The folder holds entries.jsonl, checkpoints.txt and public-key.txt; anchors are files with checkpoints you kept
yourself. Exit code 0: every entry, link and signature holds; 1: the findings are printed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Ed25519 verification, RFC 8032 section 5.1.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(s: int, p: Point) -> Point:
    q: Point = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


def decompress(text: bytes) -> Point | None:
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if (x & 1) != sign else x
    return x, y, 1, x * y % P


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    base = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    a, r, s = decompress(key), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if base is None or a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = multiply(s, base), add(r, multiply(h, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# The tree of RFC 6962, section 2.1.
def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(peaks: list[bytes]) -> bytes:
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def header(entry: dict[str, Any]) -> bytes:
    kept = {k: entry[k] for k in ("seq", "at", "actor", "action", "kind", "id", "rev", "prev")}
    kept |= {"v": 1, "body": hashlib.sha256(entry["body"].encode()).hexdigest()}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


NOTE = re.compile(
    r"(hoshin ledger v1\n([^\n]*)\n(\d+)\n([0-9a-f]{64})\n([^\n]*)\n)\n— ed25519 ([0-9a-f]{64}) ([0-9a-f]{128})\n"
)


def checkpoints(text: str, name: str, key: str, findings: list[str]) -> Iterator[tuple[int, str, str]]:
    for part in re.split(r"(?=^hoshin ledger v1$)", text, flags=re.MULTILINE):
        found = NOTE.match(part)
        if not found:
            if part.strip():
                findings.append(f"{name}: a checkpoint is damaged: {part[:60]!r}")
        elif found[6] != key:
            findings.append(f"{name}: checkpoint {found[3]} is signed by another key, {found[6]}")
        elif not signed(bytes.fromhex(found[6]), found[1].encode(), bytes.fromhex(found[7])):
            findings.append(f"{name}: checkpoint {found[3]} has a wrong signature")
        else:
            yield int(found[3]), found[4], name


def entry_findings(entry: dict[str, Any], number: int, prev: str) -> Iterator[str]:
    if entry["seq"] != number:
        yield f"entry {number}: found number {entry['seq']}: entries are missing, added or out of order"
    if entry["prev"] != prev:
        yield f"entry {number}: does not point to entry {number - 1} as it is"
    if leaf(header(entry)).hex() != entry["hash"]:
        yield f"entry {number}: its content does not give its hash"


def check(folder: Path, anchors: list[Path]) -> tuple[int, str, list[str]]:
    """(entries, root, findings)."""
    findings: list[str] = []
    key = (folder / "public-key.txt").read_text().strip()
    marks = list(
        checkpoints((folder / "checkpoints.txt").read_text(encoding="utf-8"), "checkpoints.txt", key, findings)
    )
    for anchor in anchors:
        marks += checkpoints(anchor.read_text(encoding="utf-8"), anchor.name, key, findings)
    roots = {size: "" for size, _, _ in marks}
    peaks: list[bytes] = []
    prev, number = "0" * 64, 0
    with (folder / "entries.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            entry = json.loads(line)
            findings += entry_findings(entry, number, prev)
            prev, carry, size = entry["hash"], leaf(header(entry)), number - 1
            while size & 1:
                carry, size = node(peaks.pop(), carry), size >> 1
            peaks.append(carry)
            if number in roots:
                roots[number] = root_of(peaks).hex()
    for size, root, name in marks:
        if size > number:
            findings.append(f"entries {number + 1} to {size}: cut off, {name} has signed them")
        elif roots[size] != root:
            findings.append(f"entries 1 to {size}: not those that {name} has signed")
    return number, root_of(peaks).hex(), findings


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else Path(__file__).parent
    size, root, findings = check(folder, [Path(a) for a in arguments[1:]])
    for finding in findings:
        print(finding)
    print(f"{size} entries, root {root}: " + (f"{len(findings)} findings" if findings else "nothing was tampered with"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
