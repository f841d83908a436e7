"""The summary of a video, as the API shows it and storage keeps it."""

from dataclasses import dataclass, field
from typing import Self, TypedDict

from reelscribe.text.chapters import Chapter


class SummarySentenceDict(TypedDict):
    """A sentence on the wire and in storage."""

    text: str
    start: float
    end: float
    support: list[list[float]]


class ChapterDict(TypedDict):
    """A chapter on the wire and in storage."""

    title: str
    start: float
    end: float


class SummaryDict(TypedDict):
    """A summary in storage; the API adds the video's id."""

    text: str
    sentences: list[SummarySentenceDict]
    chapters: list[ChapterDict]
    quality_score: float
    model_info: dict[str, object]


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence and where the video says so, in seconds.

    `start` to `end` is the passage that supports it best; `support` lists all of them as (start, end).
    """

    text: str
    start: float
    end: float
    support: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a video says in 4 to 6 sentences, its chapters, and a score of the summary's quality from 0 to 1."""

    sentences: tuple[SummarySentence, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    quality_score: float = 0.0
    model_info: dict[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)

    def to_dict(self) -> SummaryDict:
        """The JSON kept in object storage."""
        return {
            "text": self.text,
            "sentences": [
                {
                    "text": sentence.text,
                    "start": sentence.start,
                    "end": sentence.end,
                    "support": [list(span) for span in sentence.support],
                }
                for sentence in self.sentences
            ],
            "chapters": [
                {"title": chapter.title, "start": chapter.start, "end": chapter.end} for chapter in self.chapters
            ],
            "quality_score": self.quality_score,
            "model_info": self.model_info,
        }

    @classmethod
    def from_dict(cls, data: SummaryDict) -> Self:
        """The inverse of `to_dict`."""
        return cls(
            sentences=tuple(_sentence(item) for item in data["sentences"]),
            chapters=tuple(Chapter(**item) for item in data["chapters"]),
            quality_score=data["quality_score"],
            model_info=data["model_info"],
        )


def _sentence(data: SummarySentenceDict) -> SummarySentence:
    support = tuple((span[0], span[1]) for span in data["support"])
    return SummarySentence(data["text"], data["start"], data["end"], support)
