"""Search on the wire, to the letter of the contract (section 8)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reelscribe.videos.schemas import VideoOut

SortOrder = Literal["relevance", "newest", "oldest"]
SpanOut = tuple[int, int]
"""From and to, in code points of the text beside it."""


class MatchOut(BaseModel):
    """A text of the video in which words of the query stand."""

    field: Literal["title", "description", "summary"]
    text: str
    spans: list[SpanOut]


class MomentOut(BaseModel):
    """Where to begin to play, and why; seconds. It starts at most 3 s before the first matched word is said."""

    start: float
    end: float
    text: str
    spans: list[SpanOut]
    score: float


class HitOut(BaseModel):
    """One video, its matching texts, and its best moments, best first."""

    model_config = ConfigDict(title="Hit")

    video: VideoOut
    score: float
    matches: list[MatchOut]
    moments: list[MomentOut]


class HitPage(BaseModel):
    """One page of hits."""

    items: list[HitOut]
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page; null on the last.")
    total: int = Field(description="How many videos match.")
