"""`crashsim report`: the page opens offline, says what summary.json says, and names nobody."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crashsim.cli.report import page, story
from crashsim.cli.report.charts.run_charts import charts_of
from crashsim.cli.report.charts.svg import LIGHT_STYLE, Scale, ticks
from crashsim.cli.report.page import page_of_run, page_of_runs
from crashsim.cli.report.view import RunView, views
from crashsim.cli.report.writing import write_report
from crashsim.lab.folders import run_folder
from crashsim.lab.folders.pseudonyms import pseudonym
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.replay import run, save
from crashsim.lab.request import Request
from crashsim.scenarios import Overrides, load
from crashsim.scenarios.errors import InputError

MOST_BYTES = 3_000_000


def toy(place: Path, *settings: str) -> RunFolder:
    request = Request("toy", Overrides(set=settings))
    scenario = load(request.scenario, overrides=request.overrides)
    return run_folder.read(save(run(scenario), place, request, sys.argv[1:], csv=False))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    """The toy; with a fund and bankruptcy prices; without ADL."""
    place = tmp_path_factory.mktemp("runs")
    fund = 'absorber=[{name="fund",cash=100.0,on_breach="hold"}]'
    return [
        toy(place / "toy"),
        toy(place / "fund", fund, "adl.price=bankruptcy"),
        toy(place / "off", "adl.enabled=false"),
    ]


class Page(HTMLParser):
    """What a test looks for in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.json: dict[str, Any] = {}
        self._script: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._script = found.get("id") if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._script:
            self.json[self._script] = json.loads(data)
            self._script = None

    def having(self, attribute: str) -> Iterator[dict[str, str | None]]:
        return (attrs for _, attrs in self.tags if attribute in attrs)


@pytest.fixture(scope="module")
def one(folders: list[RunFolder]) -> Page:
    return Page(page_of_run(views(folders[:1], None)[0]))


def test_the_five_numbers_are_those_of_summary_json(folders: list[RunFolder], one: Page) -> None:
    cards = {card["data-metric"]: card["data-value"] for card in one.having("data-metric")}
    assert len(cards) == 5
    for name, value in cards.items():
        assert float(value or "") == folders[0].summary[str(name)]["value"], name


def test_every_page_asks_no_network_for_anything(folders: list[RunFolder], one: Page) -> None:
    several = Page(page_of_runs(views(folders, None)))
    for found in (one, several):
        assert len(found.html.encode()) < MOST_BYTES
        loading = [a for _, a in found.tags if "src" in a or ("href" in a and "rel" in a)]
        assert [a["href"] for a in loading] == ["data:,"]
        assert not re.search(r"https?://|@import|url\(", found.html)
        policy = [a["content"] for tag, a in found.tags if a.get("http-equiv")]
        assert policy and str(policy[0]).startswith("default-src 'none'")


def test_every_chart_has_words_for_those_who_do_not_see_it(one: Page) -> None:
    pictures = [attrs for tag, attrs in one.tags if tag == "svg"]
    assert len(pictures) == 2 * 4  # wide and narrow: timeline, who paid, Lorenz, distance
    assert all(len(str(attrs["aria-label"])) > 40 for attrs in pictures)


def test_everyone_who_was_hit_can_be_searched(one: Page) -> None:
    people = one.json["people-data"]
    keys = [column["key"] for column in people["columns"]]
    rows = {row[0]: dict(zip(keys, row, strict=True)) for row in people["rows"]}
    assert set(rows) == {"bob", "dora", "whale"}
    assert rows["bob"]["debt_peak_usd"] == 631.14
    assert rows["dora"]["adl_notional_usd"] == 5280


def test_what_an_account_is_called_cannot_break_the_page(folders: list[RunFolder]) -> None:
    name = '</script><script>alert("x")</script>'
    (shown,) = views(folders[:1], None)
    accounts = shown.tables["accounts"].with_columns(pl.col("account").replace({"bob": name}))
    renamed = replace(shown, tables={**shown.tables, "accounts": accounts})
    found = Page(page_of_run(renamed))
    assert name not in found.html
    assert found.json["people-data"]["rows"][0][0] == name


def test_pseudonyms_hide_every_account_and_depend_on_the_key(folders: list[RunFolder]) -> None:
    pages = [page_of_run(views(folders[:1], key)[0]) for key in ("one", "one", "two")]
    names = folders[0].table("accounts")["account"].to_list()
    for found in pages:
        assert not any(re.search(rf"\b{name}\b", found) for name in names if name != "eve")
    assert pages[0] == pages[1] != pages[2]
    assert pseudonym("one", "bob") in pages[0]
    assert pseudonym("two", "bob") not in pages[0]


def test_a_fund_keeps_its_name_under_pseudonyms(folders: list[RunFolder]) -> None:
    (shown,) = views(folders[1:2], "key")
    assert shown.tables["absorbers"]["absorber"].unique().to_list() == ["fund"]
    assert not set(shown.tables["accounts"]["account"]) & {"bob", "dora"}


def test_several_runs_show_their_metrics_and_who_changes_sides(folders: list[RunFolder]) -> None:
    shown = views(folders, None)
    found = Page(page_of_runs(shown))
    rows = {attrs["data-metric"] for attrs in found.having("data-metric")}
    assert {"debt_usd", "adl_cost_usd", "absorber_low_usd"} <= rows
    assert "$231.14" in found.html
    changed = found.json["people-data"]
    assert {row[0] for row in changed["rows"]} >= {"bob", "dora"}
    assert [column["title"] for column in changed["columns"]][1:4] == [one.label for one in shown]


def test_runs_are_told_apart_by_the_shortest_label_that_does(folders: list[RunFolder]) -> None:
    assert [one.label for one in views(folders[:1], None)] == ["toy"]
    assert [one.label for one in views(folders, None)] == ["toy", "fund", "off"]  # folder names


def test_charts_are_written_as_svg_png_and_csv(folders: list[RunFolder], tmp_path: Path) -> None:
    shown = views(folders[1:2], None)
    written = write_report(shown, tmp_path / "deep" / "page.html", tmp_path / "assets")
    charts = charts_of(shown[0].tables, shown[0].summary)
    assert {chart.name for chart in charts} == {
        "timeline",
        "fund",
        "who-paid-whom",
        "lorenz",
        "distance",
    }
    assert len(written) == 1 + 3 * len(charts)
    for chart in charts:
        svg, png, csv = (tmp_path / "assets" / f"{chart.name}.{k}" for k in ("svg", "png", "csv"))
        assert svg.read_text().startswith("<svg xmlns=")
        assert png.read_bytes().startswith(b"\x89PNG")
        assert pl.read_csv(csv).height == chart.data.height
    assert not list(tmp_path.glob("deep/.*"))


def test_the_story_gives_five_figures_the_other_rules_and_the_caveats(
    folders: list[RunFolder],
) -> None:
    told = story.markdown(views([folders[0], folders[2]], None))
    for words in (
        "21:03:00 UTC: the first winner is closed by force, in TOY.",
        "21:03:30 UTC: for the first time a deposit goes to a debt: $400 of it.",
        "5. **$231** owed to the platform at the end",
        "`platform_receivable_usd` = 231.14",
        "3 accounts would have ended on another side",
        "*assumed*: prices and volume of TOY",
        "This is a simulation.",
    ):
        assert words in told


def test_a_run_that_was_not_made_is_named_in_the_error(folders: list[RunFolder]) -> None:
    from crashsim.lab.folders.run_names import find_run

    assert find_run(str(folders[0].path)).path == folders[0].path
    with pytest.raises(InputError, match='"nothing" is neither a run folder'):
        find_run("nothing")


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 10, 5) == [0, 2, 4, 6, 8, 10]
    assert ticks(-3, 27, 3) == [0, 10, 20]
    assert ticks(5, 5, 3) == [5]
    assert Scale(0, 10, 100, 0)(2.5) == 75


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

# Runs in the page: search, sort and filter as a reader would, and what was loaded.
PROBE = """
<script>
addEventListener("load", () => {
  const rows = () => [...document.querySelectorAll("#people tbody tr")]
    .map((row) => row.cells[0].textContent);
  const set = (id, value) => {
    const one = document.getElementById(id);
    one.value = value;
    one.dispatchEvent(new Event("input"));
  };
  const found = { all: rows() };
  set("search", "O"); found.search = rows(); set("search", "");
  set("group", "deleveraged"); found.group = rows(); set("group", "all");
  document.querySelector('th[data-key=account] button').click(); found.sorted = rows();
  found.loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  found.wide = document.documentElement.scrollWidth <= innerWidth;
  found.shown = [...document.querySelectorAll("svg")]
    .filter((one) => one.getBoundingClientRect().width > 0).length;
  const out = document.createElement("pre");
  out.id = "probe"; out.textContent = JSON.stringify(found);
  document.body.append(out);
});
</script>
"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="no Chromium here")
@pytest.mark.parametrize("size", ["1100,900", "500,900"], ids=["desktop", "phone"])
def test_in_a_browser_the_search_works_and_nothing_is_loaded(
    folders: list[RunFolder], tmp_path: Path, size: str
) -> None:
    html = page_of_run(views(folders[:1], None)[0])
    target = tmp_path / "page.html"
    target.write_text(html.replace("<body>", f"<body>{PROBE}"), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={size}",
            "--enable-logging=stderr",
            "--dump-dom",
            target.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "CONSOLE" not in done.stderr
    match = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert match
    found = json.loads(match[1])
    assert found == {
        "all": ["bob", "dora", "whale"],
        "search": ["bob", "dora"],
        "group": ["dora", "whale"],
        "sorted": ["bob", "dora", "whale"],
        "loaded": [],
        "wide": True,
        "shown": 4,
    }


def test_assets_of_the_page_are_packaged() -> None:
    for name in ("base.html.j2", "run.html.j2", "runs.html.j2", "report.css", "report.js"):
        assert page._asset(name)


def test_a_view_says_which_command_makes_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["crashsim", "replay", "toy", "--seed", "1"])
    view: RunView = views([toy(tmp_path / "run")], None)[0]
    assert view.command == "crashsim replay toy --seed 1"


def test_every_class_of_a_chart_has_a_style_in_the_page_and_alone(folders: list[RunFolder]) -> None:
    (shown,) = views(folders[1:2], None)
    drawn = "".join(chart.for_page() for chart in charts_of(shown.tables, shown.summary))
    kinds = {kind for found in re.findall(r'class="([^"]+)"', drawn) for kind in found.split()}
    for style in (page._asset("report.css"), LIGHT_STYLE):
        styled = set(re.findall(r"\.([a-z]\w*)", style))
        assert kinds - styled <= {"chart", "wide", "narrow", "d0"}
