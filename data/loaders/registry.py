"""Every format, in the order in which they are tried: the most particular first."""

from importlib import import_module

from crashsim.data.loaders import formats
from crashsim.data.loaders.format import Format, Options
from crashsim.data.loaders.meaning.foreign import HEAD_BYTES, foreign
from crashsim.data.loaders.meaning.unread import unread
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.sample import Sample, sample
from crashsim.scenarios.errors import InputError

# The modules of `formats/`, the most particular first: a new format is a module and a line here.
_ORDER = (
    "binance_cm_klines",
    "binance_spot_klines",
    "binance_klines",
    "binance_aggtrades",
    "binance_trades",
    "binance_funding",
    "binance_liquidations",
    "binance_stream",
    "bybit_trades",
    "bybit_spot",
    "okx_trades",
    "okx_candles",
    "okx_funding",
    "hl_fills",
    "hl_events",
    "hl_node_trades",
    "hl_contexts",
    "hyperreplay_positions",
    "hyperreplay_accounts",
    "hyperreplay_adl",
    "reservoir_fills",
    "reservoir_snapshots",
    "reservoir_candles",
    "tardis_trades",
    "tardis_ticker",
    "coinapi",
    "cryptodatadownload",
    "freqtrade",
    "insurance_funds",
    "rest_answers",
    "ohlcv_json",
    "generic",
)
FORMATS: tuple[Format, ...] = tuple(
    import_module(f"{formats.__name__}.{name}").FORMAT for name in _ORDER
)


def detect(blob: Blob, options: Options) -> Format:
    """The format of a blob, from its content. With `--map`, always the generic one.

    Raises InputError, saying what was seen, where no format knows the content.
    """
    if (what := foreign(blob.head(HEAD_BYTES), blob.name)) is not None:
        raise InputError(f"{blob.path}: {what}")
    seen = sample(blob)
    if options.columns:
        return FORMATS[-1]
    if (what := unread(seen)) is not None:
        raise InputError(f"{blob.path}: {what}")
    found = next((each for each in FORMATS if each.sniff(seen)), None)
    if found is None:
        advice = "docs/data.md lists the formats"
        if seen.names or seen.rows or seen.has_records:
            advice = (
                f"name its columns with --map, such as --map when=time,paid=price,n=size; {advice}"
            )
        raise InputError(f"{blob.path}: no known format ({_shown(seen)}); {advice}")
    return found


def _shown(seen: Sample) -> str:
    if seen.layout == "empty":
        return "the file is empty"
    if seen.names:
        return f"{seen.layout} with the columns {', '.join(seen.names[:20])}"
    if seen.rows:
        return f"{seen.layout} without a header, first row {','.join(seen.rows[0])[:120]}"
    return f"{seen.layout} that begins with {seen.text.strip()[:60]!r}"
