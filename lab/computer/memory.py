"""How much memory is free."""

import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def available_mb() -> float | None:
    """Memory that a program can take, MB; None where the system does not say."""
    known = [mb for mb in (_of_machine_mb(), _of_container_mb()) if mb is not None]
    return min(known, default=None)


def _of_machine_mb() -> float | None:
    if _MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        if "MemAvailable" in lines:
            return float(lines["MemAvailable"].split()[0]) / 1000
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (ValueError, OSError, AttributeError):
        return None


def _of_container_mb() -> float | None:
    """What a container's limit leaves; None outside of one."""
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        used = (_CGROUP / "memory.current").read_text().strip()
    except OSError:
        return None
    return None if limit == "max" else (int(limit) - int(used)) / 1e6
