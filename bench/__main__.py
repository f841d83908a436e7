"""`make bench`: every measurement, one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

# `search_requests` asks an index that `search --keep` has built, so it is run by hand.
LEFT_OUT = {"__main__", "search_requests"}


def scripts() -> list[str]:
    """The benchmarks' module names, those given on the command line or all of them."""
    here = Path(__file__).parent
    found = sorted(path.stem for path in here.glob("*.py") if "def main(" in path.read_text())
    return sys.argv[1:] or [name for name in found if name not in LEFT_OUT]


def main() -> int:
    """Run them; what one prints is its result. Gives 1 when one could not run at all."""
    failed = []
    for name in scripts():
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\ncould not run: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
