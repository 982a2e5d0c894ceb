"""A page of docs/cases/: its codes, its sentence and its tables, which hold all its numbers."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "cases"
INDEX = FOLDER / "index.md"
CODE = re.compile(r"[A-Z]+(?:-[A-Z0-9]+)+")
GIVEN = ("Before", "Collateral", "Prices", "Flows", "Rules")
METRICS = "summary"
FILE = "File"  # a page that has it is on reading a price file, and is not replayed

Cells = dict[str, str]


@dataclass(frozen=True)
class Page:
    """Tables by the heading above them, each a list of rows by column."""

    path: Path
    codes: tuple[str, ...]
    title: str
    tables: dict[str, list[Cells]]

    def rows(self, heading: str) -> list[Cells]:
        """The rows under a heading; none where the page does not have it."""
        return self.tables.get(heading, [])

    @property
    def expected(self) -> dict[str, list[Cells]]:
        """The tables of what must come out, of a replay and of its metrics."""
        return {name: rows for name, rows in self.tables.items() if name not in GIVEN}


def paths() -> list[Path]:
    """Every case page, without the index."""
    return sorted(path for path in FOLDER.glob("*.md") if path != INDEX)


def replayed() -> list[Page]:
    """The pages that hold a replay."""
    return [page for page in map(read, paths()) if not page.rows(FILE)]


def read(path: Path) -> Page:
    """A page from its file; its first line is `# CODE: sentence` or `# CODE, CODE: sentence`."""
    text = path.read_text("utf-8")
    codes, _, title = text.splitlines()[0].removeprefix("# ").partition(": ")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    tables = {
        name.strip(): _table(body) for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return Page(path, tuple(codes.split(", ")), title, tables)


def _table(body: str) -> list[Cells]:
    lines = [line for line in body.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]
