"""A sheet of an Excel workbook as a table: which sheet, where its header stands, what its cells are.

fastexcel (calamine, MIT) reads the cells. A column of one kind keeps it: numbers, dates, yes and no; mixed ones are
text. Whole numbers are Int64, so that case 1001 is "1001".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from hoshin.connect._delimited import named
from hoshin.errors import InvalidInput, Unsupported

HEAD_ROWS = 100
# Doubles count every whole number up to here.
WHOLE = float(1 << 53)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The rows of a sheet below its header, blank ones left out; `row` is their number, 0 below the header.

    `sheet` is the name, `others` the names of the other sheets, `header_row` where the header stands, 1-based.
    """

    frame: pl.DataFrame
    row: pl.Series
    sheet: str
    others: tuple[str, ...]
    header_row: int


def read_sheet(
    data: bytes,
    where: str,
    *,
    sheet: str = "",
    header_row: int = 0,
    doubled: Literal["refuse", "number"] = "refuse",
) -> Sheet:
    """Read `sheet` (a name, or a number from 1; the first by default) of the workbook in `data`.

    `header_row` is the row of the header, from 1; by default the first that is not blank. Raises
    InvalidInput(excel.damaged | excel.sheet | excel.header | excel.empty), Unsupported(excel.extra).
    """
    workbook = _opened(data, where)
    names = list(workbook.sheet_names)
    chosen = _chosen(names, sheet, where)
    head = _load(workbook, chosen, where, header_row=None, skip_rows=0, n_rows=HEAD_ROWS, dtypes="string")
    header = _header(head, header_row, chosen, where)
    cells = _cells(workbook, chosen, where, header)
    if cells.width == 0 or cells.height == 0:
        raise InvalidInput(
            "excel.empty", f"{where}, sheet {chosen!r} has no rows below its header.",
            hint=f"Its sheets: {', '.join(names)}. Name another: --sheet.",
        )  # fmt: skip
    titles: list[str | None] = [*head.row(header), *[None] * (cells.width - head.width)]
    kept = [at for at in range(cells.width) if titles[at] or cells.to_series(at).null_count() < cells.height]
    _refuse_nameless(titles, kept, head, header, chosen, where)
    frame = cells.select(
        pl.nth(at).alias(name) for at, name in zip(kept, named([titles[at] for at in kept], where, doubled))
    )
    filled = ~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    number = pl.Series("source_row", range(frame.height), dtype=pl.Int64)
    others = tuple(n for n in names if n != chosen)
    return Sheet(_whole_numbers(frame.filter(filled)), number.filter(filled), chosen, others, header + 1)


def _opened(data: bytes, where: str) -> Any:
    try:
        import fastexcel
    except ModuleNotFoundError:
        raise Unsupported("excel.extra", "Excel needs a reader.", hint="pip install 'hoshin[excel]'") from None
    # It warns on stderr of every column that is empty, which is no news.
    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    logging.getLogger("_fastexcel").setLevel(logging.ERROR)
    try:
        return fastexcel.read_excel(data)
    except fastexcel.FastExcelError as error:
        locked = data[:4] == b"\xd0\xcf\x11\xe0"
        said = str(error).partition("\n")[0]
        hint = "If it asks for a password, save it without one." if locked else "Save it again as .xlsx."
        raise InvalidInput("excel.damaged", f"{where} is not a workbook that can be read: {said}.", hint=hint) from None


def _chosen(names: list[str], asked: str, where: str) -> str:
    if not asked and names:
        return names[0]
    if asked in names:
        return asked
    if asked.isdecimal() and 0 < int(asked) <= len(names):
        return names[int(asked) - 1]
    raise InvalidInput.unknown("excel.sheet", f"sheet of {where}", asked, names, sheet=asked)


def _load(workbook: Any, sheet: str, where: str, **options: Any) -> pl.DataFrame:
    import fastexcel

    try:
        frame: pl.DataFrame = workbook.load_sheet(sheet, **options).to_polars()
        return frame
    except fastexcel.FastExcelError as error:
        said = str(error).partition("\n")[0]
        raise InvalidInput(
            "excel.damaged", f"{where}, sheet {sheet!r} cannot be read: {said}.", hint="Save it again as .xlsx."
        ) from None


def _header(head: pl.DataFrame, asked: int, sheet: str, where: str) -> int:
    """The 0-based row of the header."""
    filled = [at for at, row in enumerate(head.rows()) if any(v is not None and v.strip() for v in row)]
    if not filled:
        raise InvalidInput(
            "excel.empty", f"{where}, sheet {sheet!r} is empty.", hint="Name the sheet with the rows: --sheet."
        )
    if not asked:
        return filled[0]
    if asked - 1 not in filled:
        raise InvalidInput(
            "excel.header",
            f"{where}, sheet {sheet!r}: row {asked} is blank, so it is no header.",
            hint=f"The first row with text is --header-row {filled[0] + 1}.",
        )
    return asked - 1


def _cells(workbook: Any, sheet: str, where: str, header: int) -> pl.DataFrame:
    """The cells below the header: each column of the kind its cells have, of text where they differ."""
    import fastexcel

    below: dict[str, Any] = {"header_row": None, "skip_rows": header + 1, "skip_whitespace_tail_rows": True}
    texts = _load(workbook, sheet, where, dtypes="string", **below)
    try:
        guessed = workbook.load_sheet(sheet, schema_sample_rows=None, **below).to_polars()
    except fastexcel.FastExcelError:
        # Kinds that no one column can have (a duration and a text).
        return texts
    # Guessing takes texts such as NA for blanks: a column keeps its kind only where that loses no cell.
    typed = [
        of_kind.alias(text.name)
        for text, of_kind in zip(texts.get_columns(), guessed.get_columns())
        if of_kind.dtype not in (pl.Duration, pl.Time) and of_kind.null_count() == text.null_count()
    ]
    return texts.with_columns(typed)


def _refuse_nameless(
    titles: list[str | None], kept: list[int], head: pl.DataFrame, header: int, sheet: str, where: str
) -> None:
    """A first column without a name is an index; any other means that the header is not what it seems."""
    nameless = [at for at in kept if at > 0 and not (titles[at] or "").strip()]
    if not nameless:
        return
    widths = [sum(v is not None for v in row) for row in head.rows()]
    better = next((at for at in range(header + 1, len(widths)) if widths[at] >= len(kept)), None)
    hint = "Unmerge the cells and give every column a name"
    raise InvalidInput(
        "excel.header",
        f"{where}, sheet {sheet!r}, row {header + 1}: column {_letters(nameless[0])} has values but no name, "
        f"as under merged cells or a title.",
        hint=f"{hint}." if better is None else f"{hint}, or say where the header is: --header-row {better + 1}.",
    )


def _letters(at: int) -> str:
    """
    >>> _letters(0), _letters(25), _letters(26), _letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _whole_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    floats = [c for c, kind in frame.schema.items() if kind == pl.Float64]
    whole = [c for c in floats if ((frame[c] % 1 == 0) & (frame[c].abs() <= WHOLE)).fill_null(True).all()]
    return frame.with_columns(pl.col(whole).cast(pl.Int64)) if whole else frame
