"""Names of a package that are imported when first asked for: one table makes all of it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

Lazy = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def attach(package: str, names: Mapping[str, Sequence[str]]) -> Lazy:
    """`__getattr__`, `__dir__` and `__all__` of a package.

    names: of each module below the package those it gives; of "" the modules that are names.
    """
    homes = {name: home for home, given in names.items() for name in given}

    def getattr_(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        module = import_module(f"{package}.{home or name}")
        found = getattr(module, name) if home else module
        setattr(sys.modules[package], name, found)  # asked for once
        return found

    return getattr_, lambda: sorted(homes), sorted(homes)
