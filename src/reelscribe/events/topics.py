"""The names of what happens to a video. Each topic has a dead-letter topic beside it."""

from typing import Final

VIDEO_UPLOADED: Final = "video.uploaded"
VIDEO_TRANSCODED: Final = "video.transcoded"
VIDEO_TRANSCRIBED: Final = "video.transcribed"
VIDEO_SUMMARIZED: Final = "video.summarized"

TOPICS: Final = (VIDEO_UPLOADED, VIDEO_TRANSCODED, VIDEO_TRANSCRIBED, VIDEO_SUMMARIZED)

API_SERVICE: Final = "api"
SUMMARIZER_SERVICE: Final = "summarizer"

_DEAD_LETTER_SUFFIX: Final = ".dlq"


def dead_letter_topic(topic: str) -> str:
    """Where an event goes that could not be worked off."""
    return topic + _DEAD_LETTER_SUFFIX
