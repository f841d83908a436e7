"""The demo's talk, made on the spot of a real recording: nothing to download, nothing kept in the repository."""

from reelscribe.samples.recording import SampleMissing
from reelscribe.samples.talk import Talk, build_talk

__all__ = ["SampleMissing", "Talk", "build_talk"]
