import pytest

from reelscribe.media import hls
from reelscribe.media.fmp4 import Fragment

INDEX = hls.SegmentIndex(
    1000,
    (
        hls.Segment(0.0, 4.0, 1000, 500_000),
        hls.Segment(4.0, 4.0, 501_000, 250_000),
        hls.Segment(8.0, 1.6, 751_000, 80_000),
    ),
)


def test_media_playlist_maps_the_header_and_a_byte_range_for_each_segment():
    assert hls.media_playlist(INDEX, "/m/720p.mp4?sig=a&exp=1").splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="/m/720p.mp4?sig=a&exp=1",BYTERANGE="1000@0"',
        "#EXTINF:4.000000,",
        "#EXT-X-BYTERANGE:500000@1000",
        "/m/720p.mp4?sig=a&exp=1",
        "#EXTINF:4.000000,",
        "#EXT-X-BYTERANGE:250000@501000",
        "/m/720p.mp4?sig=a&exp=1",
        "#EXTINF:1.600000,",
        "#EXT-X-BYTERANGE:80000@751000",
        "/m/720p.mp4?sig=a&exp=1",
        "#EXT-X-ENDLIST",
    ]


@pytest.mark.parametrize(("longest", "target"), [(4.4, 4), (4.6, 5), (0.04, 1), (10.0, 10)])
def test_target_duration_is_the_longest_segment_rounded(longest: float, target: int):
    index = hls.SegmentIndex(1, (hls.Segment(0.0, longest, 1, 1),))
    assert f"#EXT-X-TARGETDURATION:{target}\n" in hls.media_playlist(index, "x")


CAPTIONS_LINE = (
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="The \'real\' words",LANGUAGE="en",DEFAULT=YES,'
    'AUTOSELECT=YES,FORCED=NO,URI="en.m3u8"'
)


def variant_line(peak: int, average: int, codecs: str, size: str) -> str:
    rates = f"BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}"
    return f'#EXT-X-STREAM-INF:{rates},CODECS="{codecs}",RESOLUTION={size},SUBTITLES="captions"'


def test_master_playlist_lists_variants_in_order_with_captions():
    playlist = hls.master_playlist(
        [
            hls.HlsVariant("720.m3u8", 2_000_000, 1_500_000, "avc1.64001f,mp4a.40.2", 1280, 720),
            hls.HlsVariant("1080.m3u8", 5_000_000, 4_000_000, "avc1.640028,mp4a.40.2", 1920, 1080),
        ],
        [hls.HlsCaptions("en.m3u8", "en", 'The "real" words', default=True)],
    )
    assert playlist.splitlines()[3:] == [
        CAPTIONS_LINE,
        variant_line(2_000_000, 1_500_000, "avc1.64001f,mp4a.40.2", "1280x720"),
        "720.m3u8",
        variant_line(5_000_000, 4_000_000, "avc1.640028,mp4a.40.2", "1920x1080"),
        "1080.m3u8",
    ]


def test_sound_alone_has_no_resolution():
    playlist = hls.master_playlist([hls.HlsVariant("a.m3u8", 130_000, 128_000, "mp4a.40.2")])
    assert "RESOLUTION" not in playlist
    assert "SUBTITLES" not in playlist


@pytest.mark.parametrize("uri", ['a"b', "a\n#EXT-X-ENDLIST", "a\rb"])
def test_an_address_cannot_break_out_of_a_playlist(uri: str):
    with pytest.raises(ValueError, match="playlist"):
        hls.master_playlist([hls.HlsVariant(uri, 1, 1, "mp4a.40.2")])
    with pytest.raises(ValueError, match="playlist"):
        hls.media_playlist(INDEX, uri)
    with pytest.raises(ValueError, match="playlist"):
        hls.captions_playlist(uri, 10.0)


def test_captions_playlist_is_one_segment_as_long_as_the_video():
    lines = hls.captions_playlist("en.vtt", 9.6).splitlines()
    assert lines[2:] == [
        "#EXT-X-TARGETDURATION:10",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXTINF:9.600000,",
        "en.vtt",
        "#EXT-X-ENDLIST",
    ]


def test_index_survives_json():
    assert hls.SegmentIndex.from_json(INDEX.to_json()) == INDEX


def test_bandwidth_is_the_peak_and_average_is_over_all():
    assert INDEX.peak_bandwidth == 1_000_000
    assert INDEX.average_bandwidth == pytest.approx(830_000 * 8 / 9.6, abs=1)


def test_short_fragments_are_merged_at_the_same_places_in_every_rendition():
    starts = [0.0, 1.5, 4.0, 4.5, 8.2]
    first = [
        Fragment(at, end - at, i * 100, 100) for i, (at, end) in enumerate(zip(starts, [*starts[1:], 9.0], strict=True))
    ]
    # The other's timescale rounds the boundary near four seconds to just below what would begin a segment.
    other = [Fragment(f.start - (0.06 if f.start == 4.0 else 0), f.duration, f.offset * 3, 300) for f in first]
    for segments, scale in zip(hls.group([first, other]), (1, 3), strict=True):
        assert [s.offset for s in segments] == [0, 200 * scale, 400 * scale]
        assert [s.length for s in segments] == [200 * scale, 200 * scale, 100 * scale]
        assert sum(s.duration for s in segments) == pytest.approx(9.0)
