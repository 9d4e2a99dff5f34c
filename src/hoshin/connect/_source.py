"""The bytes of a file, decompressed and checked: XML as UTF-8 without its declaration, never with a DTD.

Everything here streams: a file is never held whole.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from hoshin.errors import InvalidInput, NotFound

CHUNK = 1 << 20
PROLOG_LIMIT = 16 << 20
GZIP = b"\x1f\x8b"
KNOWN = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"SQLite format 3\x00": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 file: unpack it first",
    b"\xfd7zXZ": "an xz file: unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstd file: unpack it first",
}
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_MISC = re.compile(rb"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)

Advance = Callable[[int], None]


def read_chunks(path: Path, *, size: int = CHUNK, progress: Advance | None = None) -> Iterator[bytes]:
    """Pieces of at most `size` bytes of the file, gunzipped when it is gzip (by content, not by name).

    `progress` is told the bytes read from disk. Raises NotFound(file.none), InvalidInput(file.empty),
    InvalidInput(file.truncated) and InvalidInput(file.damaged).
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound("file.none", f"There is no file {path}.", hint="Check the path.")
    with path.open("rb") as file:
        raw = file.read(size)
        if not raw:
            raise InvalidInput("file.empty", f"{path} is empty (0 bytes).", hint="Export or copy it again.")
        if not raw.startswith(GZIP):
            while raw:
                if progress:
                    progress(len(raw))
                yield raw
                raw = file.read(size)
            return
        unpacked = done = 0
        engine = zlib.decompressobj(31)
        while True:
            if progress and raw:
                progress(len(raw))
            done += len(raw)
            try:
                piece = engine.decompress(raw, size)
                while piece or engine.unconsumed_tail:
                    if piece:
                        unpacked += len(piece)
                        yield piece
                    piece = engine.decompress(engine.unconsumed_tail, size)
            except zlib.error as error:
                raise InvalidInput(
                    "file.damaged",
                    f"{path} is damaged: its gzip data is invalid near byte {done:,} ({unpacked:,} bytes unpacked): "
                    f"{error}.",
                    hint="Copy or download it again.",
                ) from None
            rest = engine.unused_data if engine.eof else b""
            raw = rest.lstrip(b"\0") or file.read(size).lstrip(b"\0" if engine.eof else b"")
            if engine.eof and raw:
                engine = zlib.decompressobj(31)
            elif not raw:
                break
        if not engine.eof:
            raise InvalidInput(
                "file.truncated",
                f"{path} is cut off: its gzip data ends at byte {done:,} without an end mark "
                f"({unpacked:,} bytes unpacked).",
                hint="Copy or download it again.",
            )
        if not unpacked:
            raise InvalidInput("file.empty", f"{path} unpacks to nothing.", hint="Export or copy it again.")


def read_xml(path: Path, *, size: int = CHUNK, progress: Advance | None = None) -> Iterator[bytes]:
    """The XML document as UTF-8, its declaration blanked out so that line numbers stay.

    Raises InvalidInput(file.format) if it is not XML, InvalidInput(file.encoding) for an encoding that
    is unknown or not kept to, and InvalidInput(xml.dtd) for a document type declaration: it could
    define entities that expand without end, or name files and hosts to read.
    """
    chunks = read_chunks(path, size=size, progress=progress)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 512:
            break
    encoding, skip = _encoding(head)
    pieces = _chain(head[skip:], chunks)
    if encoding != "utf-8":
        pieces = _transcode(path, pieces, encoding)
    head = next(pieces, b"")
    start = _prolog(path, head)
    while start is None:
        more = next(pieces, b"")
        if not more or len(head) > PROLOG_LIMIT:
            raise InvalidInput(
                "file.format", f"{path} holds no XML element in its first {len(head):,} bytes.", hint="Is it XML?"
            )
        head += more
        start = _prolog(path, head)
    declared = _DECLARATION.match(head)
    if declared:
        head = re.sub(rb"[^\n]", b" ", declared[0]) + head[declared.end() :]
    yield head
    yield from pieces


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _encoding(head: bytes) -> tuple[str, int]:
    """Encoding and length of the byte-order mark."""
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name, len(mark)
    if head.startswith(b"<\0"):
        return "utf-16-le", 0
    if head.startswith(b"\0<"):
        return "utf-16-be", 0
    declared = _DECLARATION.match(head)
    found = _ENCODING.search(declared[0]) if declared else None
    name = found[1].decode().lower() if found else "utf-8"
    return ("utf-8" if name in ("utf-8", "utf8", "us-ascii", "ascii") else name), 0


def _transcode(path: Path, pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    try:
        "a".encode(encoding)  # refuses codecs that are no text encoding, such as zlib
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError):
        raise InvalidInput(
            "file.encoding", f"{path} declares the encoding {encoding!r}, which is unknown.", hint="Save it as UTF-8."
        ) from None
    done = 0
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode("utf-8")
            done += len(piece)
        yield decoder.decode(b"", True).encode("utf-8")
    except UnicodeError as error:
        raise InvalidInput(
            "file.encoding",
            f"{path} is not valid {encoding} after byte {done:,}: {error}.",
            hint="Save it as UTF-8, or correct the encoding in its first line.",
        ) from None


def _prolog(path: Path, head: bytes) -> int | None:
    """Where the root element starts; None if that is not in `head` yet."""
    at = 0
    while (found := _MISC.match(head, at)) is not None:
        at = found.end()
    rest = head[at : at + 16]
    if rest.startswith(b"<!DOCTYPE"):
        raise InvalidInput(
            "xml.dtd",
            f"{path}, line {head.count(10, 0, at) + 1}: the document type declaration (<!DOCTYPE ...>) is refused: "
            "it could expand without end or load other files.",
            hint="Remove the declaration; event logs do not need one.",
        )
    if re.match(rb"<[A-Za-z_:\x80-\xff]", rest):
        return at
    if b"<!--".startswith(rest[:4]) or b"<!DOCTYPE".startswith(rest) or rest.startswith(b"<?") or len(rest) < 2:
        return None
    kind = next((what for mark, what in KNOWN.items() if head.startswith(mark)), "")
    raise InvalidInput(
        "file.format",
        f"{path}, line {head.count(10, 0, at) + 1}: XML was expected, found {rest!r}"
        + (f" ({kind})." if kind else "."),
        hint="Check that this is the file you meant, and its extension.",
    )
