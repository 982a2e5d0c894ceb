"""The words of a report, for readers who do not trade."""

GLOSSARY = {
    "account": "What one customer holds with the venue: cash and open positions.",
    "auto-deleveraging (ADL)": (
        "The venue closes positions of winners by force, to match a loser that nobody else "
        "takes. Who is closed first is decided by a ranking."
    ),
    "bankruptcy price": (
        "The price at which closing a position leaves its account with exactly nothing."
    ),
    "debt": "What an account owes the venue after its last position was closed below zero.",
    "distance to liquidation": (
        "How far all prices may move against an account before it is liquidated."
    ),
    "Gini index": (
        "How unequal a burden is: 0 if all bear the same, near 1 if one bears everything."
    ),
    "insurance fund, vault, absorber": (
        "Money set aside to take over positions of failing accounts, or to pay what they leave "
        "unpaid."
    ),
    "liquidation": "The venue closes a position because the account's cushion is too thin.",
    "long, short": "A long gains when the price rises, a short when it falls.",
    "maintenance margin": "The cushion that an account must keep; below it, liquidation begins.",
    "mark": "The price at which a venue values positions and decides on liquidations.",
    "notional": "The value of a position at mark: its size times the price.",
    "shortfall": "Negative cash left when an account's last position was closed.",
    "recorded, yours, reconstructed, fitted, assumed": (
        "Recorded: from a record of the event. Yours: from a file of whoever made this run. "
        "Reconstructed: generated to fit published facts. Fitted: chosen so that a result comes "
        "near a published figure, which it then cannot confirm. Assumed: chosen by the author of "
        "the scenario or of the venue file."
    ),
}
