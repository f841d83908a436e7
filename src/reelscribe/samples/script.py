"""What is said in the talk, and which slide is shown meanwhile."""

from dataclasses import dataclass

TITLE = "A Tale of Two Cities"
SUBTITLE = "Charles Dickens, 1859"
DESCRIPTION = "The opening of A Tale of Two Cities by Charles Dickens, read aloud. Made by the demo."
LANGUAGE = "en"

LEAD_IN = 3.0
"""Seconds of the title slide before the reader begins."""

REFERENCE_TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of "
    "darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing "
    "before us, we were all going direct to heaven, we were all going direct the other way. In short, the period was "
    "so far like the present period, that some of its noisiest authorities insisted on its being received, for good "
    "or for evil, in the superlative degree of comparison only."
)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A slide in two halves, shown from `start` (seconds of the recording)."""

    start: float
    left: tuple[str, str]
    right: tuple[str, str]


# Each begins in the pause before its words, measured on the recording.
CONTRASTS = (
    Contrast(0.4, ("It was the", "best of times"), ("It was the", "worst of times")),
    Contrast(4.7, ("It was the age of", "wisdom"), ("It was the age of", "foolishness")),
    Contrast(8.35, ("It was the epoch of", "belief"), ("It was the epoch of", "incredulity")),
    Contrast(13.0, ("It was the season of", "light"), ("It was the season of", "darkness")),
    Contrast(16.8, ("It was the spring of", "hope"), ("It was the winter of", "despair")),
    Contrast(20.65, ("We had before us", "everything"), ("We had before us", "nothing")),
    Contrast(24.25, ("We were all going", "direct to heaven"), ("We were all going", "direct the other way")),
)

CLOSING_START = 28.45
CLOSING = (
    "In short, the period was so far",
    "like the present period, that some",
    "of its noisiest authorities insisted",
    "on its being received, for good or",
    "for evil, in the superlative degree",
    "of comparison only.",
)
