"""Whisper's segments put on the recording's clock and in order."""

from dataclasses import replace

from reelscribe.engines.speech.model import WhisperSegment, WhisperWord
from reelscribe.engines.speech.spoken import Spoken
from reelscribe.text.transcript import Segment, Word


class Assembly:
    """Segments as they come. `end` is the time, in seconds of the recording, up to which it has heard."""

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken
        self._segments: list[Segment] = []
        self.end = 0.0

    def add(self, segment: WhisperSegment, before: float) -> None:
        """Words keep to their order: one never begins before the last one ended, nor ends before it begins.

        `before` is the speech, in seconds, that lies before what the segment's times count from.
        """
        words = tuple(self._word(word, before) for word in segment.words or ())
        if words:
            start, end = words[0].start, words[-1].end
        else:
            shift = before + self._spoken.shift(before + segment.start)
            start = max(self.end, float(segment.start) + shift)
            end = max(start, float(segment.end) + shift)
        self.end = end
        self._segments.append(Segment(len(self._segments), start, end, segment.text.strip(), words))

    def segments(self, duration: float) -> tuple[Segment, ...]:
        """All of them, none beyond `duration` (seconds): Whisper's clock has steps of 20 ms and may overshoot."""
        return tuple(_within(segment, duration) for segment in self._segments)

    def _word(self, word: WhisperWord, before: float) -> Word:
        shift = before + self._spoken.shift(before + (word.start + word.end) / 2)
        start = round(max(self.end, float(word.start) + shift), 2)
        self.end = round(max(start, float(word.end) + shift), 2)
        return Word(start, self.end, word.word, round(float(word.probability), 4))


def _within(segment: Segment, duration: float) -> Segment:
    if segment.end <= duration:
        return segment
    words = tuple(replace(w, start=min(w.start, duration), end=min(w.end, duration)) for w in segment.words)
    return replace(segment, start=min(segment.start, duration), end=duration, words=words)
