"""HLS playlists over byte ranges of one fragmented MP4 a variant (RFC 8216); pure functions."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from reelscribe.media.fmp4 import Fragment

# Of what a segment must have at least, for segments merged from short fragments.
TARGET_SECONDS = 4.0
SHORTEST_PEAK = 0.5  # seconds: shorter segments say nothing about the rate


@dataclass(frozen=True, slots=True)
class Segment:
    """One HLS segment: start and duration in seconds, offset and length in bytes."""

    start: float
    duration: float
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """All of a variant's segments, and the bytes of header that come before them."""

    init_length: int
    segments: tuple[Segment, ...]

    def to_json(self) -> str:
        """Compact JSON, to keep beside the object; 5 KB for a ten-minute video."""
        rows = [[round(s.start, 6), round(s.duration, 6), s.offset, s.length] for s in self.segments]
        return json.dumps({"init_length": self.init_length, "segments": rows}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "SegmentIndex":
        """What `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it did not.
        """
        parsed = json.loads(text)
        rows = cast("list[tuple[float, float, int, int]]", parsed["segments"])
        return cls(int(parsed["init_length"]), tuple(Segment(*row) for row in rows))

    @property
    def duration(self) -> float:
        """Seconds."""
        return sum(segment.duration for segment in self.segments)

    @property
    def peak_bandwidth(self) -> int:
        """Bits a second of the heaviest segment: what BANDWIDTH must be."""
        rates = [s.length * 8 / s.duration for s in self.segments if s.duration >= SHORTEST_PEAK]
        return math.ceil(max(rates, default=self.average_bandwidth))

    @property
    def average_bandwidth(self) -> int:
        """Bits a second over all segments."""
        return math.ceil(sum(s.length for s in self.segments) * 8 / max(self.duration, 0.001))


@dataclass(frozen=True, slots=True)
class HlsVariant:
    """A line of the master playlist; no width and height for audio alone."""

    uri: str
    bandwidth: int
    average_bandwidth: int
    codecs: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class HlsCaptions:
    """A subtitle rendition: the address of its own playlist (see `captions_playlist`), BCP 47 language, and label."""

    uri: str
    language: str
    label: str
    default: bool = False


def group(fragments: Sequence[Sequence[Fragment]]) -> list[list[Segment]]:
    """Merge each rendition's fragments into segments of about four seconds, at the same places in all of them.

    Where the renditions have as many fragments as each other, the first one's times decide for all, so that rounding
    in another rendition's timescale cannot move a boundary.
    """
    aligned = len({len(one) for one in fragments}) == 1
    return [_merge(one, _cuts(fragments[0] if aligned else one)) for one in fragments]


def _cuts(fragments: Sequence[Fragment]) -> list[int]:
    """The fragments that begin a segment."""
    cuts: list[int] = []
    start = -math.inf
    for i, fragment in enumerate(fragments):
        if fragment.start - start >= TARGET_SECONDS - 0.05:
            cuts.append(i)
            start = fragment.start
    return cuts


def _merge(fragments: Sequence[Fragment], cuts: Sequence[int]) -> list[Segment]:
    return [
        Segment(
            fragments[first].start,
            sum(f.duration for f in fragments[first:end]),
            fragments[first].offset,
            fragments[end - 1].offset + fragments[end - 1].size - fragments[first].offset,
        )
        for first, end in zip(cuts, [*cuts[1:], len(fragments)], strict=True)
    ]


def media_playlist(index: SegmentIndex, uri: str) -> str:
    """The playlist of one variant, whose every segment is a byte range of `uri`."""
    longest = max((segment.duration for segment in index.segments), default=0.0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(longest - 0.5))}",  # RFC 8216: durations are rounded to compare
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{_quotable(uri)}",BYTERANGE="{index.init_length}@0"',
    ]
    for segment in index.segments:
        lines += [f"#EXTINF:{segment.duration:.6f},", f"#EXT-X-BYTERANGE:{segment.length}@{segment.offset}", uri]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def captions_playlist(uri: str, duration: float) -> str:
    """The playlist of one WebVTT file that serves the whole video."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(duration))}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{duration:.6f},",
        _quotable(uri),
        "#EXT-X-ENDLIST",
        "",
    ]
    return "\n".join(lines)


def master_playlist(variants: Sequence[HlsVariant], captions: Sequence[HlsCaptions] = ()) -> str:
    """The master playlist, variants in the order given (players begin with the first)."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_captions_line(one) for one in captions]
    for variant in variants:
        lines += [_variant_line(variant, with_captions=bool(captions)), _quotable(variant.uri)]
    return "\n".join([*lines, ""])


def _captions_line(captions: HlsCaptions) -> str:
    default = "YES" if captions.default else "NO"
    return (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="{_label(captions.label)}",'
        f'LANGUAGE="{_label(captions.language)}",DEFAULT={default},AUTOSELECT=YES,FORCED=NO,'
        f'URI="{_quotable(captions.uri)}"'
    )


def _variant_line(variant: HlsVariant, *, with_captions: bool) -> str:
    attributes = [
        f"BANDWIDTH={variant.bandwidth}",
        f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
        f'CODECS="{variant.codecs}"',
    ]
    if variant.width and variant.height:
        attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
    if with_captions:
        attributes.append('SUBTITLES="captions"')
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _quotable(uri: str) -> str:
    """A URI that can stand in a playlist.

    Raises:
        ValueError: it holds a quote or a control character, which no valid URI does.
    """
    if '"' in uri or any(ord(character) < 32 for character in uri):  # noqa: PLR2004 - control characters
        raise ValueError("not a URI that can stand in a playlist")
    return uri


def _label(text: str) -> str:
    """Free text for a quoted attribute, where quotes and line ends cannot be escaped."""
    return " ".join(text.replace('"', "'").split())
