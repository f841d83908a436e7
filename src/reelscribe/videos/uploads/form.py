"""A multipart form, pulled part by part out of a stream, in constant memory and without a temporary file."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from reelscribe.problems import Problem
from reelscribe.videos.uploads.problems import bad_field

MAX_PARTS: Final = 16
"""More than twice the fields there are."""

MAX_HEADER_BYTES: Final = 8192


@dataclass(slots=True)
class FormPart:
    """One part of the form. `file_name` is None for a plain field; `chunks` may be read once, before the next part."""

    name: str
    file_name: str | None
    chunks: AsyncIterator[bytes]


@dataclass(slots=True)
class _Begin:
    """A part begins, with these headers (names in lower case)."""

    headers: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _End:
    """A part, or with `of_form` the form, is complete."""

    of_form: bool = False


_Found = _Begin | bytes | _End


class _Collector:
    """The parser's callbacks: note what was found."""

    def __init__(self) -> None:
        self.found: deque[_Found] = deque()
        self._count = 0
        self._part = _Begin()
        self._name = b""
        self._value = b""

    def part_begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise malformed(f"it has more than {MAX_PARTS} parts")
        self._part = _Begin()

    def header_begin(self) -> None:
        self._name = self._value = b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._part.headers[self._name.lower()] = self._value

    def headers_finished(self) -> None:
        self.found.append(self._part)

    def part_data(self, data: bytes, start: int, end: int) -> None:
        # A slice of the whole is no copy.
        self.found.append(data[start:end])

    def part_end(self) -> None:
        self.found.append(_End())

    def end(self) -> None:
        self.found.append(_End(of_form=True))


class FormReader:
    """Reads a form with this boundary from a stream of chunks."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        collector = _Collector()
        self._found = collector.found
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.part_begin,
                "on_part_data": collector.part_data,
                "on_part_end": collector.part_end,
                "on_header_begin": collector.header_begin,
                "on_header_field": collector.header_field,
                "on_header_value": collector.header_value,
                "on_header_end": collector.header_end,
                "on_headers_finished": collector.headers_finished,
                "on_end": collector.end,
            },
            max_header_size=MAX_HEADER_BYTES,
        )

    async def parts(self) -> AsyncIterator[FormPart]:
        """Part after part; what of a part was not read is passed over. Raises a 400 for what is no such form."""
        while not isinstance(found := await self._next(), _End) or not found.of_form:
            if isinstance(found, _Begin):
                name, file_name = _names(found)
                yield FormPart(name, file_name, self._data())

    async def _data(self) -> AsyncIterator[bytes]:
        while not isinstance(found := await self._next(), _End):
            if isinstance(found, bytes):
                yield found

    async def _next(self) -> _Found:
        while not self._found:
            try:
                self._parser.write(await anext(self._chunks))
            except StopAsyncIteration:
                raise malformed("it ends before its last boundary") from None
            except FormParserError as error:
                raise malformed(str(error)) from None
        return self._found.popleft()


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises a 400."""
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # noqa: PLR2004 - RFC 2046
        raise malformed("its Content-Type names no boundary")
    return boundary


def malformed(why: str) -> Problem:
    """400: not a multipart form."""
    return Problem(f"The multipart form cannot be read: {why}.", status=400)


async def text_of(part: FormPart, limit: int) -> str:
    """A field's text, of at most `limit` bytes. Raises a 422."""
    data = bytearray()
    async for chunk in part.chunks:
        data += chunk
        if len(data) > limit:
            raise bad_field(part.name, f"is longer than {limit:,} bytes", "too_long")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise bad_field(part.name, "is not text in UTF-8", "not_utf8") from None


def _names(part: _Begin) -> tuple[str, str | None]:
    kind, options = parse_options_header(part.headers.get(b"content-disposition", b""))
    if kind != b"form-data" or b"name" not in options:
        raise malformed("a part has no name")
    file_name = options.get(b"filename")
    return _decoded(options[b"name"]), None if file_name is None else _decoded(file_name)


def _decoded(name: bytes) -> str:
    """Browsers send UTF-8; what is not was Latin-1."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")
