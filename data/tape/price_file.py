"""A file of prices: long form (one mark a row) or OHLCV bars, checked and sorted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from crashsim.data.checked.columns import numbers, texts, times_ms
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import Table, read_table
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.reading.sample import first_keys
from crashsim.data.store.kinds import INTERVAL
from crashsim.scenarios.instruments.market_names import is_in_dollars, readings, venue_of

OHLC = ("open", "high", "low", "close")
PRICE_KINDS = ("mark", "index", "last")
_VOLUMES = ("volume_usd", "quote_volume", "volume")  # of a bar's, the first with a value counts
_HEAD_BYTES = 4096
_OTHERS = ("time", "ts", "market", "mark", "index", "funding_rate", "price_kind", INTERVAL)
_KNOWN = (*_OTHERS, *OHLC, *_VOLUMES)
_PRICE = "a price above 0 (USD per unit of base)"
_VOLUME = "a volume of at least 0"


@dataclass(frozen=True)
class Settlements:
    """Funding rates, S in all: a fraction of notional that longs pay shorts at a time.

    market: (S,) index into the markets of the rows. time_ms: (S,) UTC. rate: (S,).
    """

    market: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    rate: NDArray[np.float64]


@dataclass(frozen=True)
class PriceRows:
    """The rows of one file, R in all, ascending by market, then time.

    market: (R,) index into `markets` (ascending). time_ms: (R,) UTC; of a bar, its open.
    prices: column -> (R,); `mark` of the long form, OHLC of bars, neither in a file of volumes.
    volume_usd: (R,) quote notional, None where the file has none.
    settlements: None where the source says nothing of funding. spacing_ms: (M,) of bars their
    width: what the file states, else the distance of most; of marks the smallest distance of two.
    kinds: price kind by market, empty where the file does not say.
    venue: whose spelling the markets' names follow; None where that is not known.
    notes: what was left out, and what else the reader of the rows must know, a sentence each.
    """

    table: Table
    markets: tuple[str, ...]
    market: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    prices: Mapping[str, NDArray[np.float64]]
    volume_usd: NDArray[np.float64] | None
    settlements: Settlements | None
    spacing_ms: NDArray[np.int64]
    kinds: Mapping[str, str]
    venue: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_bars(self) -> bool:
        """Whether the rows are OHLC bars."""
        return "open" in self.prices


def read_price_rows(
    path: Path, venue: str | None = None, *, volume_only: bool = False
) -> PriceRows:
    """Read and check a price file; with `volume_only`, one of which just the volume is wanted.

    venue: whose spelling the names of markets follow, where that is known.

    Columns of the contract are taken, others let through unread unless they look like a slip of
    the pen (`volume_uds`). Raises InputError naming file, row, column and value.
    """
    return price_rows(read_table(path), venue, volume_only=volume_only)


def is_contract_file(path: Path) -> bool:
    """Whether a file has this contract's columns, so that its faults are told by line.

    A file that cannot be opened counts: what is wrong with it is said when it is read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return True
    if not head.strip() or head.startswith(b"PAR1"):
        names = _parquet_names(path)
    elif head.lstrip()[:1] in (b"[", b"{"):
        names = set(first_keys(head.decode("utf-8-sig", errors="replace")))
    else:
        line = head.decode("utf-8-sig", errors="replace").partition("\n")[0]
        names = {name.strip().strip('"') for name in re.split(r"[,;|\t]", line)}
    timed = bool(names & {"time", "ts"}) and "market" in names
    return "mark" in names or (timed and bool(names & {"volume_usd", *OHLC}))


def _parquet_names(path: Path) -> set[str]:
    try:
        return set(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError):
        return {"mark"}  # the reader of the contract says what is wrong


def price_rows(
    table: Table,
    venue: str | None = None,
    *,
    volume_only: bool = False,
    notes: tuple[str, ...] = (),
) -> PriceRows:
    """Check a table of prices and sort it; see `read_price_rows`. notes: of who read the table."""
    findings = Findings(table)
    venue = venue or _venue_told(table)
    time = _time_column(findings)
    is_bars = _is_bars(findings, volume_only)
    wanted = OHLC if is_bars else () if volume_only else ("mark",)
    volumes = [n for n in (_VOLUMES if is_bars else _VOLUMES[:1]) if table.has(n)]
    findings.require(
        [time, "market", *wanted, *(["volume_usd"] if volume_only and not volumes else [])]
    )
    findings.require_rows()
    findings.refuse_misspelt(_KNOWN)

    columns = [times_ms(findings, time).alias("time_ms"), texts(findings, "market")]
    columns += [numbers(findings, name, _PRICE, above=0) for name in wanted]
    columns += _volume(findings, volumes, columns)
    columns += [*_funding(findings), _kind(findings), *_interval(findings, is_bars)]
    rows = pl.DataFrame(columns)
    findings.stop()
    if not volume_only:
        _refuse_other_money(findings, rows["market"], venue)
    _check_rows(findings, rows, time, is_bars)
    found = _sorted(table, _measured(rows), wanted)
    return replace(found, venue=venue, notes=(*notes, *found.notes))


def _venue_told(table: Table) -> str | None:
    """The venue that a column of the file names, where it is one and known."""
    column = next((name for name in ("venue", "exchange") if table.has(name)), None)
    values = table.frame[column].drop_nulls().unique().to_list() if column else []
    told = venue_of(str(values[0]).strip().lower()) if len(values) == 1 else None
    return told.removesuffix("-contracts") if told else None


def _refuse_other_money(findings: Findings, column: pl.Series, venue: str | None) -> None:
    """A mark is in dollars: a market that is priced in anything else is refused."""
    for name in column.unique(maintain_order=True):
        if not is_in_dollars(name, venue):
            what = next((f": it is {each.in_words}" for each in readings(name, venue)), "")
            findings.bad_rows(column == name, "market", f"a market with a price in a dollar{what}")
    findings.stop()


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Without a volume that is 0 in every row of mark or index candles: it was not measured."""
    if "volume_usd" not in rows.columns or "open" not in rows.columns:
        return rows
    kinds = set(rows["price_kind"].unique())
    sampled = kinds <= {"mark", "index"} and not (rows["volume_usd"] != 0).any()
    return rows.drop("volume_usd") if sampled else rows


def _interval(findings: Findings, is_bars: bool) -> list[pl.Series]:
    if not is_bars or not findings.table.has(INTERVAL):
        return []
    return [numbers(findings, INTERVAL, "the length of a bar in seconds", above=0)]


def _time_column(findings: Findings) -> str:
    both = [name for name in ("time", "ts") if findings.table.has(name)]
    if len(both) == 2:
        findings.add("has both columns time and ts, expected one of them")
        findings.stop()
    return both[0] if both else "time"


def _is_bars(findings: Findings, volume_only: bool) -> bool:
    has = findings.table.has
    is_bars = all(has(name) for name in OHLC)
    if is_bars and has("mark") and not volume_only:
        findings.add("has both mark and open, high, low, close: expected marks or bars, not both")
        findings.stop()
    if not is_bars and has("open") and not has("mark"):
        findings.require(OHLC)
    return is_bars


def _volume(
    findings: Findings, names: Sequence[str], columns: Sequence[pl.Series]
) -> list[pl.Series]:
    """USD of each row, from the first of its volumes that it has; base volume times close."""
    if not names:
        return []
    texts_of = findings.table.frame.select(pl.col(names).cast(pl.String).str.strip_chars())
    beside = texts_of.select(pl.any_horizontal((pl.col(n) != "").fill_null(False) for n in names))
    found = []
    for place, name in enumerate(names):
        empty_ok = True if place else beside.to_series()
        read = numbers(findings, name, _VOLUME, at_least=0, empty_ok=empty_ok)
        close = next((each for each in columns if each.name == "close"), None)
        found.append(read * close if name == "volume" and close is not None else read)
    return [pl.select(pl.coalesce(found)).to_series().alias("volume_usd")]


def _funding(findings: Findings) -> list[pl.Series]:
    if not findings.table.has("funding_rate"):
        return []
    expected = "a rate (a fraction of notional), or empty where none is settled"
    return [numbers(findings, "funding_rate", expected, empty_ok=True).fill_null(0.0)]


def _kind(findings: Findings) -> pl.Series:
    name = "price_kind"
    if not findings.table.has(name):
        return pl.repeat(None, findings.table.frame.height, dtype=pl.String, eager=True).alias(name)
    return texts(findings, name, "mark, index or last", allowed=PRICE_KINDS)


def _check_rows(findings: Findings, rows: pl.DataFrame, time: str, is_bars: bool) -> None:
    if is_bars:
        top, bottom = (
            rows.select(f(*OHLC)).to_series() for f in (pl.max_horizontal, pl.min_horizontal)
        )
        findings.bad_rows(rows["high"] < top, "high", "the largest price of its bar")
        findings.bad_rows(rows["low"] > bottom, "low", "the smallest price of its bar")
    keys = rows.select(pl.col("time_ms").cast(pl.Datetime("ms")).alias(time), "market")
    if keys.is_duplicated().any():
        findings.repeats(keys)
    mixed = rows.group_by("market").agg(pl.col("price_kind").n_unique().alias("n"))
    for market in mixed.filter(pl.col("n") > 1)["market"].sort():
        findings.add(f"market {market} has more than one price_kind, expected one")
    findings.stop()


def _sorted(table: Table, rows: pl.DataFrame, wanted: tuple[str, ...]) -> PriceRows:
    rows = rows.sort("market", "time_ms")
    rows, notes, length_ms = _fitted(table, rows) if "open" in wanted else (rows, (), None)
    ends = rows.group_by("market", maintain_order=True).agg(pl.col("price_kind").first())
    markets = tuple(ends["market"])
    market = rows["market"].rank("dense").cast(pl.Int64).to_numpy() - 1
    time_ms = rows["time_ms"].to_numpy()
    kinds = {m: kind for m, kind in ends.iter_rows() if kind is not None}
    return PriceRows(
        table=table,
        markets=markets,
        market=market,
        time_ms=time_ms,
        prices={name: rows[name].to_numpy() for name in wanted},
        volume_usd=rows["volume_usd"].to_numpy() if "volume_usd" in rows.columns else None,
        settlements=Settlements(market, time_ms, rows["funding_rate"].to_numpy())
        if "funding_rate" in rows.columns
        else None,
        spacing_ms=_spacing_ms(len(markets), market, time_ms) if length_ms is None else length_ms,
        kinds=kinds,
        notes=notes,
    )


def _fitted(
    table: Table, rows: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[str, ...], NDArray[np.int64]]:
    """The bars that fit their length, what was left out, and the length (M,) in ms by market."""
    if INTERVAL in rows.columns:
        lengths = rows.group_by("market", maintain_order=True).agg(pl.col(INTERVAL).first())
        return rows, (), (lengths[INTERVAL] * 1000).cast(pl.Int64).to_numpy()
    timed = rows.with_columns(time=pl.col("time_ms").cast(pl.Datetime("ms", "UTC")))
    found = bars_on_grid(timed, str(table.path))
    count = found.bars["market"].n_unique()
    return found.bars.drop("time"), found.notes, np.full(count, found.interval_s * 1000)


def _spacing_ms(
    count: int, market: NDArray[np.int64], time_ms: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(M,) smallest distance of a market's marks; of a market with one row, the file's smallest."""
    unknown = np.iinfo(np.int64).max
    spacing = np.full(count, unknown)
    same = market[1:] == market[:-1]
    np.minimum.at(spacing, market[1:][same], np.diff(time_ms)[same])
    smallest = spacing.min(initial=unknown)
    return np.where(spacing == unknown, 0 if smallest == unknown else smallest, spacing)


def bar_width_ms(rows: PriceRows) -> NDArray[np.int64]:
    """(R,) the width of each row's bar."""
    return rows.spacing_ms[rows.market]
