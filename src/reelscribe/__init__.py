"""Reelscribe: a self-hosted video platform that understands what is said in its videos."""

__version__ = "0.1.0"
