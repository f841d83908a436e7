"""What was said in a video, with times: the one shape that speech, captions, summaries and search share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self, TypedDict


class WordDict(TypedDict):
    """A word on the wire and in storage."""

    start: float
    end: float
    word: str
    probability: float


class SegmentDict(TypedDict):
    """A segment on the wire and in storage."""

    id: int
    start: float
    end: float
    text: str
    words: list[WordDict]


class TranscriptDict(TypedDict):
    """A transcript in storage; the API adds the video's id."""

    language: str | None
    duration: float
    segments: list[SegmentDict]
    model_info: dict[str, object]


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word. Times in seconds from the video's start; `word` keeps its leading space, as Whisper gives it."""

    start: float
    end: float
    word: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, usually a sentence or a phrase. `words` is empty where no word times are known."""

    id: int
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything said in one video. `duration` is the video's, in seconds; no speech is an empty tuple of segments."""

    language: str | None
    duration: float
    segments: tuple[Segment, ...] = ()
    model_info: dict[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words alone, a line a segment."""
        return "\n".join(segment.text.strip() for segment in self.segments)

    def words(self) -> Iterator[Word]:
        """Every word in order; a segment without word times yields nothing."""
        for segment in self.segments:
            yield from segment.words

    def to_dict(self) -> TranscriptDict:
        """The JSON kept in object storage."""
        return {
            "language": self.language,
            "duration": self.duration,
            "segments": [_segment_dict(segment) for segment in self.segments],
            "model_info": self.model_info,
        }

    @classmethod
    def from_dict(cls, data: TranscriptDict) -> Self:
        """The inverse of `to_dict`."""
        return cls(
            language=data["language"],
            duration=data["duration"],
            segments=tuple(_segment(item) for item in data["segments"]),
            model_info=data["model_info"],
        )


def _segment_dict(segment: Segment) -> SegmentDict:
    return {
        "id": segment.id,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "words": [_word_dict(word) for word in segment.words],
    }


def _word_dict(word: Word) -> WordDict:
    return {"start": word.start, "end": word.end, "word": word.word, "probability": word.probability}


def _segment(data: SegmentDict) -> Segment:
    return Segment(
        id=data["id"],
        start=data["start"],
        end=data["end"],
        text=data["text"],
        words=tuple(Word(**word) for word in data["words"]),
    )
