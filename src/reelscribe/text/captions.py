"""Captions out of a transcript: WebVTT, SubRip and plain text. `parse_captions` reads the first two."""

from collections.abc import Iterator

from reelscribe.text.caption_parser import CaptionError, parse_captions
from reelscribe.text.clock import timestamp
from reelscribe.text.cues import Cue, cues
from reelscribe.text.punctuation import DISARMED
from reelscribe.text.sentences import Sentence, sentences
from reelscribe.text.transcript import Transcript

__all__ = ["CaptionError", "Cue", "cues", "parse_captions", "to_srt", "to_txt", "to_vtt"]

# A silence of so many seconds, or so many characters, ends a paragraph of the plain text.
PARAGRAPH_PAUSE = 2.5
PARAGRAPH_LENGTH = 600


def to_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C). `&`, `<` and `>` are escaped, so nothing said can be markup or end a cue."""
    return "WEBVTT\n" + "".join(
        f"\n{timestamp(cue.start)} --> {timestamp(cue.end)}\n{_escaped(cue.text)}\n" for cue in cues(transcript)
    )


def to_srt(transcript: Transcript) -> str:
    """SubRip, with CRLF line ends as its players expect.

    It knows no escapes: players take `<b>` and `{...}` for markup and `-->` for a time, so these get look-alikes.
    """
    blocks = (
        f"{number}\n{timestamp(cue.start, ',')} --> {timestamp(cue.end, ',')}\n{_disarmed(cue.text)}\n"
        for number, cue in enumerate(cues(transcript), start=1)
    )
    return "\n".join(blocks).replace("\n", "\r\n")


def to_txt(transcript: Transcript) -> str:
    """Paragraphs, parted at pauses and where one grows long; a blank line between two."""
    return "\n".join(f"{paragraph}\n" for paragraph in _paragraphs(sentences(transcript)))


def _paragraphs(spoken: list[Sentence]) -> Iterator[str]:
    paragraph: list[str] = []
    for index, sentence in enumerate(spoken):
        paragraph.append(sentence.text)
        last = index + 1 == len(spoken)
        pause = 0.0 if last else spoken[index + 1].start - sentence.end
        if last or pause >= PARAGRAPH_PAUSE or sum(map(len, paragraph)) >= PARAGRAPH_LENGTH:
            yield " ".join(paragraph)
            paragraph = []


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _disarmed(text: str) -> str:
    return text.replace("-->", "→").translate(str.maketrans(DISARMED))
