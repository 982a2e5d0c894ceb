"""Names of a package that are imported when first asked for, listed once: as its imports."""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

Lazy = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def attach(package: str, file: str) -> Lazy:
    """`__getattr__`, `__dir__` and `__all__` of a package.

    file: of the package. What it gives are its imports of the form `import NAME as NAME`: those
    that type checkers alone follow, and those that are not lazy.
    """
    homes = dict(_given(Path(file).read_text(encoding="utf-8")))

    def getattr_(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        below = home == package  # a module of the package itself
        found = import_module(f"{home}.{name}") if below else getattr(import_module(home), name)
        setattr(sys.modules[package], name, found)  # asked for once
        return found

    return getattr_, lambda: sorted(homes), sorted(homes)


def _given(source: str) -> list[tuple[str, str]]:
    """Each name and the module that it is from."""
    return [
        (alias.name, str(node.module))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
