"""What to tell someone whose question a venue refuses for good, and where else the data are."""

from crashsim.data.pull.feeds import Feed


def refusal(feed: Feed, where: str, status: int, wait_s: float | None, detail: str) -> str:
    """One or two sentences: what happened, why, and what to do instead of asking again."""
    return f"{where}: {_reason(status, wait_s, detail)} {archive_route(feed)}"


def archive_route(feed: Feed, series: str | None = None) -> str:
    """The command that gets the same series (or all of the venue's) from public files."""
    names = [name for key, name in feed.archives.items() if series in (None, key)]
    if not names:
        return f"No free public archive of {feed.title} is known; docs/pulling.md lists paid ones."
    commands = ", ".join(f"`crashsim data fetch {name}`" for name in names)
    return f"The public archive has it instead: {commands}."


def _reason(status: int, wait_s: float | None, detail: str) -> str:
    if status == 451:
        return (
            "HTTP 451: the venue does not serve the country (or data centre) this computer asks"
            " from, and asking again will not change that."
        )
    if status == 403:
        return "HTTP 403: the venue refuses this address (blocked country, or banned for a while)."
    if status == 404:
        return (
            "HTTP 404: this interface is gone or has moved; a newer ccxt may know where"
            " (pip install -U ccxt)."
        )
    if status == 418:
        wait = "some minutes to three days" if wait_s is None else f"{wait_s:.0f} s"
        return (
            f"HTTP 418: this address is banned for too many requests. Ask nothing for {wait}"
            " (more questions lengthen the ban), then run the command again: it goes on where it"
            " stopped."
        )
    return f"refused with HTTP {status} ({_short(detail)})."


def _short(detail: str) -> str:
    flat = " ".join(detail.split())
    return flat if len(flat) <= 160 else flat[:157] + "..."
