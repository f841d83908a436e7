"""How far FFmpeg has come."""

from collections.abc import Callable


class Progress:
    """FFmpeg's `-progress` lines as percent that never falls, also over a second try.

    FFmpeg writes them twice a second even when it waits for itself for ever, so what counts as work is a change.
    """

    def __init__(self, duration: float, report: Callable[[float], None]) -> None:
        self._duration = max(duration, 0.001)
        self._report = report
        self._percent = 0.0
        self._seen: dict[str, str] = {}

    def line(self, line: str) -> bool:
        """Take one `key=value` line; says whether it shows that work goes on."""
        name, _, value = line.partition("=")
        if name not in ("frame", "out_time_us") or self._seen.get(name) == value:
            return False
        self._seen[name] = value
        if name == "out_time_us" and value.strip().isdigit():
            self._rise(min(99.0, int(value) / 1e6 / self._duration * 100))
        return True

    def _rise(self, percent: float) -> None:
        if percent > self._percent:
            self._percent = percent
            self._report(percent)
