"""Tell by a file's first bytes what is surely no video: a person gets a better answer than "invalid data"."""

PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
PICTURE_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"))
PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<MPD", b"<smil")
PROGRAMS_AND_DOCUMENTS = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
SNIFFED = 4096
CONTROL_BYTES = bytes(range(9)) + bytes(range(14, 32))


def refusal(head: bytes) -> str | None:
    """Why a file that begins with `head` cannot be a video; None if it may be one."""
    if picture := _picture(head):
        return f"This is a {picture} picture, not a video."
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(PLAYLISTS):
        return "This is a playlist or manifest that only points to videos: upload the video itself."
    for magic, name in PROGRAMS_AND_DOCUMENTS:
        if head.startswith(magic):
            return f"This is {name}, not a video."
    if _is_text(head):
        return "This is a text file, not a video."
    return None


def _picture(head: bytes) -> str | None:
    for magic, name in PICTURES:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp" and head[8:12] in PICTURE_BRANDS:
        return "HEIF or AVIF"
    return None


def _is_text(head: bytes) -> bool:
    """Text has no control bytes but white space, and is UTF-8 (a character may be cut at the end)."""
    if head.translate(None, CONTROL_BYTES) != head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and error.reason == "unexpected end of data"
    return True
