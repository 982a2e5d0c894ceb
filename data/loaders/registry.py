"""Every format, in the order in which they are tried: the most particular first."""

from crashsim.data.loaders.format import Format, Options
from crashsim.data.loaders.formats import (
    binance_aggtrades,
    binance_cm_klines,
    binance_depth,
    binance_funding,
    binance_klines,
    binance_liquidations,
    binance_metrics,
    binance_spot_klines,
    binance_trades,
    bybit_spot,
    bybit_trades,
    coinapi,
    cryptodatadownload,
    freqtrade,
    generic,
    hl_contexts,
    hl_events,
    hl_fills,
    hl_l2book,
    hl_node_trades,
    hyperreplay_accounts,
    hyperreplay_adl,
    hyperreplay_positions,
    hyperreplay_spot,
    ohlcv_json,
    okx_candles,
    okx_funding,
    okx_trades,
    reservoir_candles,
    reservoir_fills,
    reservoir_snapshots,
    rest_answers,
    tardis_book,
    tardis_ticker,
    tardis_trades,
)
from crashsim.data.loaders.meaning.foreign import HEAD_BYTES, foreign
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.sample import Sample, sample
from crashsim.scenarios.errors import InputError

FORMATS: tuple[Format, ...] = (
    binance_cm_klines.FORMAT,
    binance_spot_klines.FORMAT,
    binance_klines.FORMAT,
    binance_aggtrades.FORMAT,
    binance_trades.FORMAT,
    binance_metrics.FORMAT,
    binance_funding.FORMAT,
    binance_depth.FORMAT,
    binance_liquidations.FORMAT,
    bybit_trades.FORMAT,
    bybit_spot.FORMAT,
    okx_trades.FORMAT,
    okx_candles.FORMAT,
    okx_funding.FORMAT,
    hl_fills.FORMAT,
    hl_events.FORMAT,
    hl_node_trades.FORMAT,
    hl_l2book.FORMAT,
    hl_contexts.FORMAT,
    hyperreplay_positions.FORMAT,
    hyperreplay_accounts.FORMAT,
    hyperreplay_spot.FORMAT,
    hyperreplay_adl.FORMAT,
    reservoir_fills.FORMAT,
    reservoir_snapshots.FORMAT,
    reservoir_candles.FORMAT,
    tardis_trades.FORMAT,
    tardis_ticker.FORMAT,
    tardis_book.FORMAT,
    coinapi.FORMAT,
    cryptodatadownload.FORMAT,
    freqtrade.FORMAT,
    rest_answers.FORMAT,
    ohlcv_json.FORMAT,
    generic.FORMAT,
)


def detect(blob: Blob, options: Options) -> Format:
    """The format of a blob, from its content. With `--map`, always the generic one.

    Raises InputError, saying what was seen, where no format knows the content.
    """
    if (what := foreign(blob.head(HEAD_BYTES), blob.name)) is not None:
        raise InputError(f"{blob.path}: {what}")
    seen = sample(blob)
    if options.columns:
        return generic.FORMAT
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
