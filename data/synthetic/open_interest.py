"""How a seeded population's open interest is shared over the markets of a tape."""

from collections.abc import Mapping

import numpy as np

from crashsim.data.schema import Tape
from crashsim.data.synthetic.anchors import read_window_volume
from crashsim.data.tape.grid import Floats
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.markets import table_keys
from crashsim.scenarios.models.generate import Population


def open_interest_usd(population: Population, tape: Tape) -> Floats:
    """One side's open interest by market, (M,): market_shares, the rest by published volume.

    Raises InputError where a market is named that volume_path does not have, or where no market
    with a volume is left to hold the rest.
    """
    volumes = read_window_volume(population.volume_path)
    _refuse_unknown_markets(population, volumes)
    is_held = np.isfinite(tape.mark[0]) & [_is_listed(population, name) for name in tape.markets]
    named = np.array([first_of(population.market_shares, name, 0.0) for name in tape.markets])
    traded = [volumes[name].volume_usd if name in volumes else 0.0 for name in tape.markets]
    volume = np.where(is_held & (named == 0), traded, 0.0)
    named = np.where(is_held, named, 0.0)
    if volume.sum() <= 0:
        raise InputError(
            f"{population.volume_path}: no volume for any market that the tape has a first price "
            "of; [book.generate] shares open interest by it"
        )
    share = named + (1.0 - named.sum()) * volume / volume.sum()
    return np.asarray(population.open_interest_usd * share)


def first_of(table: Mapping[str, float], market: str, default: float) -> float:
    """The value under the most exact of the market's names in the table, or the default."""
    return next((table[key] for key in table_keys(market) if key in table), default)


def _is_listed(population: Population, market: str) -> bool:
    return not population.markets or any(key in population.markets for key in table_keys(market))


def _refuse_unknown_markets(population: Population, volumes: Mapping[str, object]) -> None:
    known = {key for market in volumes for key in table_keys(market)} - {"*"}
    named = {"markets": population.markets, "market_shares": population.market_shares}
    for key, markets in named.items():
        unknown = [market for market in markets if market not in known]
        if unknown:
            raise InputError(
                f'book.generate.{key}: found "{unknown[0]}", expected markets of '
                f"{population.volume_path.name}, by name or base, such as BTCUSDT or BTC"
            )
