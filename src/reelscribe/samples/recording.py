"""The talk's voice: a reader of A Tale of Two Cities, out of a package that ships it for its own examples."""

from pathlib import Path

from reelscribe.models.carrier import package_folder
from reelscribe.models.checksum import damaged_files

PACKAGE = "moonshine_voice"
FILE = Path("assets/two_cities.wav")
SHA256 = "f3348494d77cb74a02862f5e685ed09faf3e75832c5cc5c80703282c2cd8b52e"
SECONDS = 44.374

INSTALL = "pip install 'reelscribe[samples]'"


class SampleMissing(RuntimeError):  # noqa: N818  "missing" is the error
    """What the sample is made of is not installed; the message says how to get it."""


def recording() -> Path:
    """The WAV file inside the installed package, which is not imported. Raises `SampleMissing`."""
    home = package_folder(PACKAGE)
    if home is None:
        raise SampleMissing(f"The recording for the sample talk is not installed. Install it with: {INSTALL}")
    path = home / FILE
    if damaged_files(home, {str(FILE): SHA256}):
        raise SampleMissing(
            f"{path} is not the recording that the sample talk's slides were timed to. Install it again with: {INSTALL}"
        )
    return path
