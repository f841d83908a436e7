"""Captions uploaded with a video: WebVTT or SubRip, as real programs write them, into a transcript."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reelscribe.text.transcript import Segment, Transcript

# No video is longer: a time beyond it is a slip, or a trick.
LONGEST_HOURS = 100
# Lines that a cue repeats of the one before: broadcasters roll up to 4. Without a bound, two cues of a million lines
# would be compared a million times.
MOST_ROLLING = 16

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_TAG = re.compile(r"<[^<>]*>")
_SRT_TAG = re.compile(r"</?(?:b|i|u|s|c|font|span|ruby|rt|v|lang)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LANGUAGE = re.compile(r"^Language:\s*([A-Za-z]{2,3})\b")


class CaptionError(ValueError):
    """The captions cannot be used; the message names the line and what to do."""


@dataclass(frozen=True, slots=True)
class _Entry:
    start: float
    end: float
    lines: tuple[str, ...]


def parse_captions(data: bytes, *, language: str | None = None, duration: float | None = None) -> Transcript:
    """The transcript in a WebVTT or SubRip file, told apart by content.

    UTF-8 and UTF-16 with or without a byte order mark are read, else Windows-1252. Tags, positions, notes and styles
    are left out; lines that roll up (each cue repeats the line before) are kept once. Segments have no word times.
    `language` and `duration` (seconds) override what the file says: its header's language and its last cue's end.

    Raises:
        CaptionError: not captions, a time that cannot be, or nothing to read.
    """
    lines = _decoded(data).splitlines()
    is_vtt = _is_vtt(lines)
    entries = sorted(_entries(lines, is_vtt=is_vtt), key=lambda entry: entry.start)
    segments = tuple(_segments(list(_unrolled(entries))))
    if not segments:
        raise CaptionError("The captions hold no text. Upload a file with at least one cue, or none to have it made.")
    info: dict[str, object] = {"source": "captions", "format": "vtt" if is_vtt else "srt"}
    end = max(segment.end for segment in segments)
    return Transcript(language or _language(lines), end if duration is None else duration, segments, info)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data[:200]:
        encodings = ["utf-16-be" if data[:1] == b"\x00" else "utf-16-le"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise CaptionError("The captions are no text in a known encoding. Save them as UTF-8 and upload them again.")


def _is_vtt(lines: Sequence[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    if re.match(r"\ufeff?WEBVTT(?:\s|$)", first):
        return True
    if any(_TIMING.match(line) for line in lines):
        return False
    raise CaptionError(
        "Line 1: these are neither WebVTT (which starts with WEBVTT) nor SubRip captions "
        "(with times like 00:00:01,000 --> 00:00:04,000). Export them as .vtt or .srt and upload them again."
    )


def _entries(lines: Sequence[str], *, is_vtt: bool) -> Iterator[_Entry]:
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if is_vtt and re.match(r"(?:NOTE|STYLE|REGION)(?:\s|$)", line):
            index = _past_block(lines, index)
        elif "-->" in line:
            start, end = _times(line, index)
            text_from = index
            index = _past_text(lines, index, is_vtt=is_vtt)
            texts = (_plain(text, is_vtt=is_vtt) for text in lines[text_from:index])
            yield _Entry(start, end, tuple(text for text in texts if text))


def _past_block(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and lines[index].strip():
        index += 1
    return index


def _past_text(lines: Sequence[str], index: int, *, is_vtt: bool) -> int:
    """The index after a cue's text: a blank line ends it, and in sloppy SubRip files the next cue's number does."""
    while index < len(lines) and lines[index].strip():
        if _TIMING.match(lines[index]):
            return index
        numbered = lines[index].strip().isdigit() and index + 1 < len(lines)
        if not is_vtt and numbered and _TIMING.match(lines[index + 1]):
            return index
        index += 1
    return index


def _times(line: str, number: int) -> tuple[float, float]:
    match = _TIMING.match(line)
    if match is None:
        raise CaptionError(
            f"Line {number}: {_shown(line)} is no time of a cue. Write it like 00:00:01.000 --> 00:00:04.000."
        )
    start, end = _seconds(match.groups()[:4], number), _seconds(match.groups()[4:], number)
    if end < start:
        raise CaptionError(f"Line {number}: the cue ends before it starts ({_shown(line)}). Correct its times.")
    return start, end


def _seconds(parts: Sequence[str | None], number: int) -> float:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if hours >= LONGEST_HOURS or minutes > 59 or seconds > 59:  # noqa: PLR2004 -- a clock's own bounds
        raise CaptionError(f"Line {number}: there is no such time. Minutes and seconds go to 59, hours to 99.")
    return hours * 3600 + minutes * 60 + seconds + int((parts[3] or "0").ljust(3, "0")) / 1000


def _plain(line: str, *, is_vtt: bool) -> str:
    text = (_TAG if is_vtt else _SRT_TAG).sub("", line)
    text = html.unescape(text)
    return " ".join(_CONTROL.sub("", text).split())


def _unrolled(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, str]]:
    """Each cue with the lines that the one before does not already show."""
    shown: tuple[str, ...] = ()
    until = 0.0
    for entry in entries:
        lines = entry.lines
        if shown and entry.start <= until + 0.1:
            lines = _fresh(shown, lines)
        shown, until = entry.lines or shown, entry.end
        if lines:
            yield entry, " ".join(lines)


def _segments(cues: Sequence[tuple[_Entry, str]]) -> Iterator[Segment]:
    """A segment a cue. One voice at a time: cues of one start are one segment, and each ends where the next starts."""
    number, texts = 0, []
    for index, (entry, text) in enumerate(cues):
        texts.append(text)
        following = cues[index + 1][0].start if index + 1 < len(cues) else entry.end
        if index + 1 < len(cues) and following == entry.start:
            continue
        yield Segment(number, entry.start, max(min(entry.end, following), entry.start), " ".join(texts))
        number, texts = number + 1, []


def _fresh(shown: Sequence[str], lines: tuple[str, ...]) -> tuple[str, ...]:
    for overlap in range(min(len(shown), len(lines), MOST_ROLLING), 0, -1):
        if tuple(shown[-overlap:]) == lines[:overlap]:
            return lines[overlap:]
    return lines


def _language(lines: Sequence[str]) -> str | None:
    for line in lines[:10]:
        if match := _LANGUAGE.match(line):
            return match[1].lower()
        if "-->" in line:
            break
    return None


def _shown(line: str) -> str:
    return repr(line.strip()[:60])
