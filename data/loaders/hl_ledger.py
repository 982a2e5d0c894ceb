"""What a Hyperliquid ledger update does to the cash of the main perpetuals market.

Spot balances, builder markets and staking are other pockets: money that goes there leaves, money
that comes from there arrives. Sources: Hyperliquid's documentation of ledger updates and the field
lists of its L1 data. Assumed, since no source says it: a withdrawal's fee is charged on top of its
amount, and a vault pays the leader's commission and the closing cost out of what is requested.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PERP_CASH = ("USDC", "USDC:0X6D1E7CDE53BA9467B783CB7C530CE054")


@dataclass(frozen=True)
class CashChange:
    """One account's change of cash in USD; None where the update does not say how much."""

    account: str
    amount_usd: float | None


_Delta = Mapping[str, object]
_Rule = Callable[[list[str], _Delta], list[CashChange]]


def cash_changes(kind: str, users: list[str], delta: _Delta) -> list[CashChange]:
    """Changes of cash by account. An unknown kind, or one with a value that is no number, gives
    every user a change of None, which the caller reports."""
    rule = _RULES.get(kind)
    try:
        changes = rule(users, delta) if rule else _unknown(users)
    except (KeyError, ValueError, TypeError, IndexError):
        changes = _unknown(users)
    return changes or [CashChange("", 0.0)]


def _unknown(users: list[str]) -> list[CashChange]:
    return [CashChange(user, None) for user in users or [""]]


def _usd(delta: _Delta, name: str) -> float:
    """A field that must be there."""
    return float(str(delta[name]))


def _fee(delta: _Delta, name: str = "fee") -> float:
    """A field that may be absent, then 0."""
    return float(str(delta.get(name) or 0.0))


def _user(users: list[str], delta: _Delta, name: str = "user") -> str:
    return str(delta.get(name) or users[0])


def _deposit(users: list[str], delta: _Delta) -> list[CashChange]:
    return [CashChange(_user(users, delta), _usd(delta, "usdc"))]


def _withdraw(users: list[str], delta: _Delta) -> list[CashChange]:
    return [CashChange(_user(users, delta), -_usd(delta, "usdc") - _fee(delta))]


def _class_transfer(users: list[str], delta: _Delta) -> list[CashChange]:
    to_perp = delta["toPerp"]
    if not isinstance(to_perp, bool):
        return _unknown(users)
    amount = _usd(delta, "usdc")
    return [CashChange(_user(users, delta), amount if to_perp else -amount)]


def _dex_class_transfer(users: list[str], delta: _Delta) -> list[CashChange]:
    """Between spot and one perpetuals market: only the main one ("") is in the book."""
    is_ours = delta["dex"] == "" and str(delta["token"]).upper() in _PERP_CASH
    amount = delta["amount"] if is_ours else 0.0
    return _class_transfer(users, {**delta, "usdc": amount})


def _transfer(users: list[str], delta: _Delta) -> list[CashChange]:
    amount = _usd(delta, "usdc")
    receiver = str(delta.get("destination") or users[1])
    return [
        CashChange(_user(users, delta), -amount - _fee(delta)),
        CashChange(receiver, amount),
    ]


def _send(users: list[str], delta: _Delta) -> list[CashChange]:
    """Between pockets: only the main market's ("") USDC counts."""
    if str(delta["token"]).upper() not in _PERP_CASH:
        return [CashChange(_user(users, delta), 0.0)]
    amount = _usd(delta, "usdcValue") if delta.get("usdcValue") else _usd(delta, "amount")
    sender = _user(users, delta)
    receiver = str(delta.get("destination") or users[-1])
    changes = []
    if delta["sourceDex"] == "":
        changes.append(CashChange(sender, -amount - _fee(delta)))
    if delta["destinationDex"] == "":
        changes.append(CashChange(receiver, amount))
    return changes or [CashChange(sender, 0.0)]


def _into_vault(users: list[str], delta: _Delta) -> list[CashChange]:
    amount = _usd(delta, "usdc")
    return [
        CashChange(_user(users, delta), -amount - _fee(delta)),
        CashChange(str(delta["vault"]), amount),
    ]


def _out_of_vault(users: list[str], delta: _Delta) -> list[CashChange]:
    net = (
        _usd(delta, "netWithdrawnUsd")
        if "netWithdrawnUsd" in delta
        else _usd(delta, "requestedUsd") - _usd(delta, "commission") - _usd(delta, "closingCost")
    )
    return [
        CashChange(_user(users, delta), net),
        CashChange(str(delta["vault"]), -net - _fee(delta, "commission")),
    ]


def _distribution(users: list[str], delta: _Delta) -> list[CashChange]:
    amount = _usd(delta, "usdc")
    return [CashChange(_user(users, delta), amount), CashChange(str(delta["vault"]), -amount)]


def _nothing(users: list[str], delta: _Delta) -> list[CashChange]:
    return [CashChange(user, 0.0) for user in users]


_OTHER_POCKETS: tuple[str, ...] = (
    "spotTransfer",
    "spotGenesis",
    "cStakingTransfer",
    "borrowLend",
    "rewardsClaim",
)
_OTHER_POCKETS += (
    "deployGasAuction",
    "gossipPriorityGasAuction",
    "accountActivationGas",
    "activateDexAbstraction",
)
_RULES: Mapping[str, _Rule] = {
    "deposit": _deposit,
    "withdraw": _withdraw,
    "accountClassTransfer": _class_transfer,
    "perpDexClassTransfer": _dex_class_transfer,
    "internalTransfer": _transfer,
    "subAccountTransfer": _transfer,
    "send": _send,
    "vaultCreate": _into_vault,
    "vaultDeposit": _into_vault,
    "vaultWithdraw": _out_of_vault,
    "vaultDistribution": _distribution,
    "vaultLeaderCommission": _deposit,
    "liquidation": _nothing,  # its fills carry the money
    **dict.fromkeys(_OTHER_POCKETS, _nothing),
}
