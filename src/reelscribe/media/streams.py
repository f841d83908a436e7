"""Read ffprobe's JSON into tracks. Every number in it was written by a stranger."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

from reelscribe.media.info import AudioTrack, Hdr, VideoTrack

Json = Mapping[str, object]

TRANSFERS: Mapping[str, Hdr] = {"smpte2084": "pq", "arib-std-b67": "hlg"}
SECONDARY = ("comment", "visual_impaired", "hearing_impaired", "dub", "karaoke", "clean_effects", "descriptions")
INTERLACED = ("tt", "bb", "tb", "bt")


def number(value: object) -> float:
    """A finite number not below zero, or 0 for anything else."""
    try:
        parsed = float(cast("str", value))
    except (TypeError, ValueError):
        return 0.0
    return parsed if math.isfinite(parsed) and parsed > 0 else 0.0


def ratio(value: object, separator: str) -> float:
    """`30000/1001` or `4:3` as a number; 0 when it is neither."""
    above, _, below = str(value).partition(separator)
    divisor = number(below)
    return number(above) / divisor if divisor else 0.0


def mapping(value: object) -> Json:
    """A JSON object, or an empty one for anything else."""
    return cast("Json", value) if isinstance(value, Mapping) else {}


def objects(value: object) -> Sequence[Json]:
    """The objects of a JSON array; none for anything else."""
    return [mapping(item) for item in value] if isinstance(value, list) else []


def text(stream: Json, name: str) -> str:
    """A field as text, `` where it is missing."""
    value = stream.get(name)
    return value if isinstance(value, str) else ""


def has_flag(stream: Json, *names: str) -> bool:
    """Whether any of these dispositions is set."""
    disposition = mapping(stream.get("disposition"))
    return any(number(disposition.get(name)) for name in names)


def rotation(stream: Json) -> int:
    """Clockwise rotation for display in degrees, to the nearest quarter turn (the matrix counts the other way)."""
    for data in objects(stream.get("side_data_list")):
        if "rotation" in data:
            try:
                counter_clockwise = float(cast("str", data["rotation"]))
            except (TypeError, ValueError):
                return 0
            return round(-counter_clockwise / 90) * 90 % 360 if math.isfinite(counter_clockwise) else 0
    return 0


def video_track(stream: Json) -> VideoTrack:
    """The track of a video stream."""
    turned, aspect = rotation(stream), ratio(stream.get("sample_aspect_ratio", "1:1"), ":") or 1.0
    width, height = round(number(stream.get("width")) * aspect), round(number(stream.get("height")))
    if turned % 180:
        width, height = height, width
    return VideoTrack(
        index=int(number(stream.get("index"))),
        codec=text(stream, "codec_name"),
        profile=text(stream, "profile"),
        width=width,
        height=height,
        rotation=turned,
        square_pixels=math.isclose(aspect, 1.0, rel_tol=0.005),
        pix_fmt=text(stream, "pix_fmt"),
        frame_rate=ratio(stream.get("avg_frame_rate"), "/"),
        interlaced=text(stream, "field_order") in INTERLACED,
        hdr=TRANSFERS.get(text(stream, "color_transfer")),
        color_matrix=text(stream, "color_space"),
        color_primaries=text(stream, "color_primaries"),
        bit_rate=int(number(stream.get("bit_rate"))),
        start=number(stream.get("start_time")),
        duration=number(stream.get("duration")),
    )


def audio_track(stream: Json) -> AudioTrack:
    """The track of an audio stream."""
    tags = mapping(stream.get("tags"))
    return AudioTrack(
        index=int(number(stream.get("index"))),
        codec=text(stream, "codec_name"),
        profile=text(stream, "profile"),
        channels=int(number(stream.get("channels"))),
        sample_rate=int(number(stream.get("sample_rate"))),
        language=text(tags, "language"),
        title=text(tags, "title"),
        default=has_flag(stream, "default"),
        secondary=has_flag(stream, *SECONDARY),
        bit_rate=int(number(stream.get("bit_rate"))),
        start=number(stream.get("start_time")),
        duration=number(stream.get("duration")),
    )
