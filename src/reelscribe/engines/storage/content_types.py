"""The media type of a stored object, told from its key's suffix alone, never from what a user named a file."""

OCTETS = "application/octet-stream"

CONTENT_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m3u8": "application/vnd.apple.mpegurl",
    "m4a": "audio/mp4",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "png": "image/png",
    "srt": "application/x-subrip",
    "ts": "video/mp2t",
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "webm": "video/webm",
    "webp": "image/webp",
}


def content_type_of(key: str) -> str:
    """The type to serve `key` as. Unknown suffixes are octets, which no browser runs."""
    return CONTENT_TYPES.get(key.rpartition(".")[2].lower(), OCTETS)
