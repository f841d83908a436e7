"""Videos as the pipeline leaves them: rows, and real objects behind them, for tests of the API."""

import json
from datetime import UTC, datetime, timedelta

from reelscribe.engines.storage.whole import put_bytes
from reelscribe.media.hls import Segment as HlsSegment
from reelscribe.media.hls import SegmentIndex
from reelscribe.search.document import build, sources_of
from reelscribe.text.transcript import Segment, Transcript, Word
from reelscribe.videos.models import Status, Video, VideoSummary, VideoTranscript, VideoVariant
from reelscribe.videos.objects import attempt_prefix
from reelscribe.videos.public_id import new_public_id

START = datetime(2026, 1, 1, tzinfo=UTC)
NEVER_AN_ID = "zzzzzzzzzzz"
HEADER_BYTES = 1_000
SEGMENT_BYTES = 20_000


class First:
    """The first attempt of the first run."""

    run = 1
    attempt = 1


def said(*sentences):
    """A transcript of these sentences, a word every half second."""
    segments, at = [], 0.0
    for number, sentence in enumerate(sentences):
        words = []
        for word in sentence.split():
            words.append(Word(at, at + 0.4, f" {word}", 0.9))
            at += 0.5
        segments.append(Segment(number, words[0].start, words[-1].end, sentence, tuple(words)))
        at += 0.5
    return Transcript("en", max(at, 4.0), tuple(segments), {"source": "test"})


async def add_video(database, owner_id, **values):
    """A row; ready and internal unless said otherwise."""
    given = {
        "public_id": new_public_id(),
        "title": "A talk",
        "description": "",
        "user_name": "Ada",
        "visibility": "internal",
        "status": Status.READY,
        "created_at": START,
        **values,
    }
    async with database.write() as session:
        video = Video(user_id=owner_id, **given)
        session.add(video)
        await session.flush()
        return video


async def add_many(database, owner_id, count, **values):
    """Videos a minute apart, the oldest first."""
    first = values.pop("created_at", START)
    return [
        await add_video(database, owner_id, title=f"Talk {n}", created_at=first + timedelta(minutes=n), **values)
        for n in range(count)
    ]


async def add_ready_video(platform, owner_id, *, transcript=None, **values):
    """A video as it is when every stage is through, with its objects, and found by search."""
    transcript = transcript if transcript is not None else said("Hello and welcome.", "The lighthouse keeper sleeps.")
    given = {"duration": 8.0, "width": 1280, "height": 720, "language": "en", "processed_at": START, **values}
    video = await add_video(platform.database, owner_id, **given)
    await add_renditions(platform, video)
    await add_transcript(platform, video, transcript)
    await add_summary(platform, video)
    await index(platform, video)
    return video


async def add_renditions(platform, video, qualities=("720p", "1080p")):
    """Variants of two segments each (bytes that tell one from another), a poster, and a storyboard of two tiles."""
    prefix = attempt_prefix(video.public_id, "transcode", First)
    body = rendition_bytes()
    layout = SegmentIndex(
        HEADER_BYTES,
        (
            HlsSegment(0.0, 4.0, HEADER_BYTES, SEGMENT_BYTES),
            HlsSegment(4.0, 4.0, HEADER_BYTES + SEGMENT_BYTES, SEGMENT_BYTES),
        ),
    )
    for quality in qualities:
        await put_bytes(platform.storage, f"{prefix}{quality}.mp4", body, content_type="video/mp4")
        index_bytes = layout.to_json().encode()
        await put_bytes(platform.storage, f"{prefix}{quality}.index.json", index_bytes, content_type="application/json")
    for name in ("poster.jpg", "tiles-0.jpg"):
        await put_bytes(platform.storage, prefix + name, b"\xff\xd8 a picture", content_type="image/jpeg")
    async with platform.database.write() as session:
        row = await session.get(Video, video.id)
        row.key = f"videos/{video.public_id}/original/1/original.mp4"
        row.duration = 8.0
        row.poster_key = f"{prefix}poster.jpg"
        row.storyboard = {
            "sheets": [f"{prefix}tiles-0.jpg"],
            "tiles": [
                {"start": 0.0, "end": 4.0, "sheet": 0, "x": 0, "y": 0, "w": 160, "h": 90},
                {"start": 4.0, "end": 8.0, "sheet": 0, "x": 160, "y": 0, "w": 160, "h": 90},
            ],
        }
        for quality in qualities:
            session.add(variant_row(video, quality, prefix, len(body)))


def variant_row(video, quality, prefix, size):
    height = int(quality.removesuffix("p"))
    return VideoVariant(
        video_id=video.id,
        quality=quality,
        key=f"{prefix}{quality}.mp4",
        index_key=f"{prefix}{quality}.index.json",
        width=height * 16 // 9,
        height=height,
        bitrate=height * 1_000,
        size=size,
        codecs="avc1.640028,mp4a.40.2",
    )


def rendition_bytes():
    return bytes(n * n % 251 for n in range(HEADER_BYTES + 2 * SEGMENT_BYTES))


async def add_transcript(platform, video, transcript):
    key = f"{attempt_prefix(video.public_id, 'transcribe', First)}transcript.json"
    data = json.dumps(transcript.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
    await put_bytes(platform.storage, key, data, content_type="application/json")
    async with platform.database.write() as session:
        session.add(
            VideoTranscript(
                video_id=video.id,
                transcript_text=transcript.text,
                transcript_path=key,
                status="completed",
                language=transcript.language,
                duration_seconds=transcript.duration,
                model_info=transcript.model_info,
            )
        )


async def add_summary(platform, video, text="A keeper sleeps in a lighthouse."):
    async with platform.database.write() as session:
        session.add(
            VideoSummary(
                video_id=video.id,
                summary_text=text,
                summary_path=f"{attempt_prefix(video.public_id, 'summarize', First)}summary.json",
                sentences=[{"text": text, "start": 1.0, "end": 3.0, "support": [[1.0, 3.0]]}],
                chapters=[{"title": "Welcome", "start": 0.0, "end": 8.0}],
                model_info={"model": "extractive"},
                quality_score=0.75,
            )
        )


async def index(platform, video):
    """Put the video into the search index as it now is."""
    async with platform.database.read() as session:
        row = await session.get(Video, video.id)
        sources = await sources_of(session, row)
    await platform.search.index([await build(sources, platform.storage, None)])
