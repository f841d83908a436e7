"""Times as captions write them."""


def timestamp(seconds: float, mark: str = ".") -> str:
    """`HH:MM:SS.mmm` as WebVTT has it; SubRip's `mark` before the milliseconds is a comma."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{mark}{milliseconds % 1000:03}"
