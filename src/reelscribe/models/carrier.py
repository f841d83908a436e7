"""Weights inside installed packages, read by path: the packages themselves are never imported."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from reelscribe.models.catalog import MODEL_FILE, Carrier
from reelscribe.models.checksum import damaged_files
from reelscribe.models.errors import ModelDamaged


def package_folder(package: str) -> Path | None:
    """Where an installed package lies; None if it is not installed. Does not run its code."""
    spec = find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None


def carried(carrier: Carrier, cache: Path) -> Path | None:
    """The folder of the weights that `carrier` holds, checked; None if a package of it is not installed.

    Weights in several parts are joined once into `cache`, under a lock, so that any number of processes may ask.

    Raises:
        ModelDamaged: the packages' bytes are not the published ones.
        OSError: the cache cannot be written.
    """
    homes = [package_folder(package) for package in carrier.packages]
    folders = [home / carrier.folder for home in homes if home is not None]
    if len(folders) < len(carrier.packages):
        return None
    folder, bad = _whole(carrier, folders[0]) if len(folders) == 1 else _joined(carrier, folders, cache)
    if bad:
        raise ModelDamaged(
            f"{', '.join(bad)} in {folder} is not the published file (wrong sha256). "
            f"Install the package again: pip install --force-reinstall {carrier.distributions}"
        )
    return folder


def _whole(carrier: Carrier, folder: Path) -> tuple[Path, list[str]]:
    return folder, damaged_files(folder, carrier.sha256)


def _joined(carrier: Carrier, folders: list[Path], cache: Path) -> tuple[Path, list[str]]:
    """Join what is not whole yet; what is damaged after that was damaged in its package."""
    target = cache / carrier.packages[0]
    target.mkdir(parents=True, exist_ok=True)
    with _locked(target / ".lock"):
        if bad := damaged_files(target, carrier.sha256):
            for name in bad:
                _write_whole(_sources(carrier, folders, name), target / name)
            bad = damaged_files(target, carrier.sha256)
    return target, bad


def _sources(carrier: Carrier, folders: list[Path], name: str) -> list[Path]:
    if name != MODEL_FILE:
        return [folders[0] / name]
    return [folder / part for folder, part in zip(folders, carrier.parts, strict=True)]


def _write_whole(parts: Iterable[Path], target: Path) -> None:
    """The parts' bytes, one after the other, appear under the target's name all at once or not at all."""
    unfinished = target.with_name(target.name + ".part")
    with unfinished.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(target)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go by the kernel when the process dies, however it dies
        yield
