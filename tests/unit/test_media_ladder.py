import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.media.info import AudioTrack, Keyframes, MediaInfo, VideoTrack
from reelscribe.media.ladder import fit, may_be_copied, plan

VIDEO = VideoTrack(
    index=0, codec="h264", profile="High", width=1920, height=1080, rotation=0, square_pixels=True, pix_fmt="yuv420p",
    frame_rate=25.0, interlaced=False, hdr=None, color_matrix="", color_primaries="", bit_rate=4_000_000, start=0.0,
    duration=60.0,
)  # fmt: skip
AUDIO = AudioTrack(
    index=1, codec="aac", profile="LC", channels=2, sample_rate=48_000, language="", title="", default=True,
    secondary=False, bit_rate=128_000, start=0.0, duration=60.0,
)  # fmt: skip
COMPLIANT = MediaInfo(
    container="mov,mp4", duration=60.0, size=31_000_000, video=VIDEO, audio=(AUDIO,),
    keyframes=Keyframes(count=30, longest=2.0, closed=True, end=60.0), audio_gap=0.0,
)  # fmt: skip


def sizes(width: int, height: int) -> dict[str, tuple[int, int]]:
    video = dataclasses.replace(VIDEO, width=width, height=height, codec="vp9")
    return {r.quality: (r.width, r.height) for r in plan(dataclasses.replace(COMPLIANT, video=video)).renditions}


@pytest.mark.parametrize(
    ("source", "renditions"),
    [
        ((1920, 1080), {"720p": (1280, 720), "1080p": (1920, 1080)}),
        ((1080, 1920), {"720p": (720, 1280), "1080p": (1080, 1920)}),
        ((3840, 2160), {"720p": (1280, 720), "1080p": (1920, 1080)}),
        ((1280, 720), {"720p": (1280, 720)}),
        ((640, 360), {"720p": (640, 360)}),
        ((1600, 900), {"720p": (1280, 720)}),
        ((1920, 800), {"720p": (1728, 720), "1080p": (1920, 800)}),
        ((641, 361), {"720p": (640, 360)}),
        ((1, 1), {"720p": (2, 2)}),
        ((16_000, 100), {"720p": (4096, 26)}),
    ],
)
def test_renditions_by_the_short_side_and_never_larger(source: tuple[int, int], renditions: dict[str, tuple[int, int]]):
    assert sizes(*source) == renditions


@given(st.integers(2, 20_000), st.integers(2, 20_000), st.sampled_from([720, 1080]))
def test_fitted_sizes_are_even_inside_the_source_and_of_its_shape(width: int, height: int, short_side: int):
    w, h = fit(width, height, short_side)
    assert w % 2 == h % 2 == 0
    assert 2 <= w <= width
    assert 2 <= h <= height
    assert min(w, h) <= short_side
    assert abs(w / width - h / height) <= 2 / min(width, height)


def test_a_compliant_source_is_copied_and_only_the_lower_rendition_encoded():
    planned = plan(COMPLIANT)
    assert [(r.quality, r.copy) for r in planned.renditions] == [("720p", False), ("1080p", True)]
    assert planned.copy_audio


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"}, {"pix_fmt": "yuv420p10le"}, {"pix_fmt": "yuvj420p"}, {"profile": "High 4:2:2"},
        {"rotation": 90}, {"square_pixels": False}, {"interlaced": True}, {"hdr": "hlg"}, {"bit_rate": 7_100_000},
        {"width": 2560, "height": 1440}, {"frame_rate": 120.0}, {"width": 1921},
    ],
    ids=str,
)  # fmt: skip
def test_what_players_might_refuse_is_not_copied(change: dict[str, object]):
    info = dataclasses.replace(COMPLIANT, video=dataclasses.replace(VIDEO, **change))
    assert not plan(info).copies_video


@pytest.mark.parametrize(
    "keyframes",
    [
        None,
        Keyframes(count=30, longest=2.0, closed=False, end=60.0),
        Keyframes(count=5, longest=12.0, closed=True, end=60.0),
        Keyframes(count=1500, longest=0.04, closed=True, end=60.0),
    ],
)
def test_open_long_and_intra_only_gops_are_not_copied(keyframes: Keyframes | None):
    info = dataclasses.replace(COMPLIANT, keyframes=keyframes)
    assert may_be_copied(info)
    assert not plan(info).copies_video


def test_a_container_that_repeats_parameters_is_not_copied():
    assert not may_be_copied(dataclasses.replace(COMPLIANT, container="mpegts"))


@pytest.mark.parametrize(
    "change",
    [{"codec": "opus"}, {"profile": "HE-AAC"}, {"channels": 6}, {"start": 0.2}, {"sample_rate": 22_050}],
    ids=str,
)
def test_other_sound_is_encoded_anew(change: dict[str, object]):
    info = dataclasses.replace(COMPLIANT, audio=(dataclasses.replace(AUDIO, **change),))
    assert not plan(info).copy_audio
    assert plan(info).copies_video


def test_sound_with_holes_is_encoded_and_with_long_ones_the_picture_too():
    assert not plan(dataclasses.replace(COMPLIANT, audio_gap=0.3)).copy_audio
    assert plan(dataclasses.replace(COMPLIANT, audio_gap=0.3)).copies_video
    assert not plan(dataclasses.replace(COMPLIANT, audio_gap=25.0)).copies_video


def test_nothing_is_copied_in_a_second_try():
    planned = plan(COMPLIANT, allow_copy=False)
    assert not planned.copies_video
    assert not planned.copy_audio


def test_speech_is_the_default_track_but_not_commentary():
    commentary = dataclasses.replace(AUDIO, index=1, secondary=True)
    first, second = dataclasses.replace(AUDIO, index=2, default=False), dataclasses.replace(AUDIO, index=3)
    assert dataclasses.replace(COMPLIANT, audio=(commentary, first, second)).speech == second
    assert dataclasses.replace(COMPLIANT, audio=(commentary, first)).speech == first
    assert dataclasses.replace(COMPLIANT, audio=(commentary,)).speech == commentary
