"""The talk's slides, drawn at 1920x1080 with the typeface that Pillow carries, so that they are the same everywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reelscribe.samples import script
from reelscribe.samples.recording import INSTALL, SECONDS, SampleMissing

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 1920, 1080
INK, PAPER, ACCENT, FAINT = "#14213d", "#fbf5e6", "#f29f05", "#8a93a6"
MARGIN = 130

FADE_PICTURES, FADE_STEP = 5, 0.04
"""How many pictures lie between two slides, and the seconds each of them stays."""


def draw_slides(folder: Path) -> list[tuple[Path, float]]:
    """Draw every picture of the talk into `folder`; each with the seconds it stays. Raises `SampleMissing`."""
    try:
        slides = list(_slides())
    except ImportError as error:
        raise SampleMissing(f"The sample's slides are drawn with Pillow, which is missing. Run: {INSTALL}") from error
    shown = []
    for number, (image, seconds) in enumerate(_with_fades(slides)):
        path = folder / f"slide-{number:02}.png"
        image.save(path, compress_level=1)
        shown.append((path, seconds))
    return shown


def _with_fades(slides: list[tuple[float, "Image"]]) -> Iterator[tuple["Image", float]]:
    """Each slide, and after it the pictures in which it becomes the next one."""
    from PIL import Image

    ends = [start for start, _ in slides[1:]] + [script.LEAD_IN + SECONDS]
    followers = [image for _, image in slides[1:]]
    for (start, image), following, end in zip(slides, followers, ends, strict=False):
        yield image, end - start - FADE_PICTURES * FADE_STEP
        for step in range(1, FADE_PICTURES + 1):
            yield Image.blend(image, following, step / (FADE_PICTURES + 1)), FADE_STEP
    yield slides[-1][1], ends[-1] - slides[-1][0]


def _slides() -> Iterator[tuple[float, "Image"]]:
    yield 0.0, _title()
    for number, contrast in enumerate(script.CONTRASTS, start=1):
        yield script.LEAD_IN + contrast.start, _contrast(contrast, number)
    yield script.LEAD_IN + script.CLOSING_START, _closing()


def _title() -> "Image":
    image, draw = _canvas(INK)
    draw.rectangle((MARGIN, 420, MARGIN + 18, 690), fill=ACCENT)
    _write(draw, (MARGIN + 70, 405), script.TITLE, 132, PAPER)
    _write(draw, (MARGIN + 74, 590), script.SUBTITLE, 62, FAINT)
    _write(draw, (MARGIN, HEIGHT - 150), "Book the First: Recalled to Life. Chapter I: The Period", 40, FAINT)
    return image


def _contrast(contrast: script.Contrast, number: int) -> "Image":
    image, draw = _canvas(PAPER)
    middle = WIDTH // 2
    draw.rectangle((middle, 0, WIDTH, HEIGHT), fill=INK)
    size = min(_fitting(word, middle - 2 * MARGIN) for _, word in (contrast.left, contrast.right))
    for left, (lead, word), color in ((0, contrast.left, INK), (middle, contrast.right, PAPER)):
        _write(draw, (left + MARGIN, 400), lead, 56, FAINT)
        _write(draw, (left + MARGIN, 600), word, size, color, anchor="ls")
        draw.rectangle((left + MARGIN, 660, left + MARGIN + 150, 672), fill=ACCENT)
    _footer(draw, number)
    return image


def _closing() -> "Image":
    image, draw = _canvas(INK)
    draw.rectangle((MARGIN, 190, MARGIN + 18, 860), fill=ACCENT)
    for row, line in enumerate(script.CLOSING):
        _write(draw, (MARGIN + 70, 180 + row * 115), line, 86, PAPER)
    _write(draw, (MARGIN + 70, HEIGHT - 150), f"{script.TITLE}, {script.SUBTITLE}", 40, FAINT)
    return image


def _footer(draw: "ImageDraw", number: int) -> None:
    _write(draw, (MARGIN, HEIGHT - 110), script.TITLE, 36, FAINT)
    for dot in range(1, len(script.CONTRASTS) + 1):
        left = WIDTH - MARGIN - 44 * (len(script.CONTRASTS) + 1 - dot)
        draw.ellipse((left, HEIGHT - 100, left + 20, HEIGHT - 80), fill=ACCENT if dot <= number else "#3b4866")


def _canvas(color: str) -> "tuple[Image, ImageDraw]":
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), color)
    return image, ImageDraw.Draw(image)


def _write(draw: "ImageDraw", at: tuple[int, int], text: str, size: int, color: str, *, anchor: str = "la") -> None:
    from PIL import ImageFont

    draw.text(at, text, fill=color, font=ImageFont.load_default(size), anchor=anchor)


def _fitting(text: str, width: int) -> int:
    """The largest size, in pixels and up to 130, at which `text` is at most `width` pixels wide."""
    from PIL import ImageFont

    return next(size for size in range(130, 10, -2) if ImageFont.load_default(size).getbbox(text)[2] <= width)
