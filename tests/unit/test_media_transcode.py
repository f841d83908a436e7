import itertools
import wave
from pathlib import Path

import pytest
from tests.support.media import X264, X265_PQ, Clips, Shot, look, names, picture, process, session_clips, tone

from reelscribe.media.fmp4 import read_index
from reelscribe.media.transcode import TranscodeResult


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return session_clips(tmp_path_factory.getbasetemp())


def only(result: TranscodeResult, tools_of: Clips) -> Shot:
    """The single variant, which must be playable throughout."""
    assert len(result.variants) == 1
    shot = Shot(tools_of.tools, result.variants[0].path)
    assert shot.decodes()
    return shot


def test_everything_is_made_of_a_full_hd_talk(clips: Clips, tmp_path: Path):
    progress: list[float] = []
    result = process(clips, clips.talk(), tmp_path / "out", progress)
    assert names(tmp_path / "out") == ["1080p.mp4", "720p.mp4", "audio.wav", "poster.jpg", "storyboard-001.jpg"]
    assert [(v.quality, v.width, v.height) for v in result.variants] == [("720p", 1280, 720), ("1080p", 1920, 1080)]
    assert [v.codecs for v in result.variants] == ["avc1.64001f,mp4a.40.2", "avc1.640028,mp4a.40.2"]
    assert all(v.size == v.path.stat().st_size and not v.copied for v in result.variants)
    assert all(Shot(clips.tools, v.path).frames() == 75 for v in result.variants)
    assert all(Shot(clips.tools, v.path).decodes() for v in result.variants)
    assert result.duration == pytest.approx(3.0, abs=0.1)
    assert result.warnings == ()
    assert progress == sorted(progress)
    assert progress[-1] == 100.0
    assert len(progress) > 2


def test_renditions_share_their_keyframes_and_segments(clips: Clips, tmp_path: Path):
    source = clips.make(
        "nine.mkv", *picture("1920x1080", 9, 10), *tone(9), *X264, "-g", "200", "-qp", "10", "-c:a", "flac"
    )
    result = process(clips, source, tmp_path / "out")
    low, high = result.variants
    assert Shot(clips.tools, low.path).keyframes() == Shot(clips.tools, high.path).keyframes() == [0.0, 4.0, 8.0]
    assert [(s.start, s.duration) for s in low.index.segments] == [(s.start, s.duration) for s in high.index.segments]
    assert [s.duration for s in low.index.segments] == pytest.approx([4.0, 4.0, 1.0])


def test_segments_tile_the_file_and_each_plays_by_itself(clips: Clips, tmp_path: Path):
    source = clips.make(
        "nine.mkv", *picture("1920x1080", 9, 10), *tone(9), *X264, "-g", "200", "-qp", "10", "-c:a", "flac"
    )
    variant = process(clips, source, tmp_path / "out").variants[0]
    data = variant.path.read_bytes()
    segments = variant.index.segments
    for one, following in itertools.pairwise(segments):
        assert one.offset + one.length == following.offset
    assert data[segments[-1].offset + segments[-1].length :][4:8] in (b"", b"mfra")
    for i, segment in enumerate(segments):
        piece = tmp_path / f"{i}.mp4"
        piece.write_bytes(data[: variant.index.init_length] + data[segment.offset : segment.offset + segment.length])
        shot = Shot(clips.tools, piece)
        assert shot.decodes()
        assert shot.frames() == round(segment.duration * 10)


def test_a_compliant_source_is_copied_with_the_same_segments_below(clips: Clips, tmp_path: Path):
    source = clips.compliant()
    result = process(clips, source, tmp_path / "out")
    low, high = result.variants
    assert (low.copied, high.copied) == (False, True)
    original, copied = Shot(clips.tools, source), Shot(clips.tools, high.path)
    assert copied.entries("packet=size") == original.entries("packet=size")
    assert copied.entries("packet=size", "a:0") == original.entries("packet=size", "a:0")
    assert Shot(clips.tools, low.path).keyframes() == pytest.approx(original.keyframes(), abs=0.001)
    assert copied.keyframes() == pytest.approx(original.keyframes(), abs=0.001)
    assert [s.start for s in low.index.segments] == pytest.approx([s.start for s in high.index.segments], abs=0.001)
    assert len(low.index.segments) > 1


def test_a_small_compliant_source_is_copied_without_decoding_more_than_keyframes(clips: Clips, tmp_path: Path):
    source = clips.make("tiny.mp4", *picture("320x180", 6), *tone(6), *X264, "-g", "50", "-c:a", "aac")
    result = process(clips, source, tmp_path / "out")
    assert [(v.quality, v.width, v.copied) for v in result.variants] == [("720p", 320, True)]
    assert [tile.start for tile in result.tiles] == [0.0, 2.0, 4.0]
    assert only(result, clips).frames() == 150


def test_portrait(clips: Clips, tmp_path: Path):
    source = clips.make("portrait.mp4", *picture("1080x1920", 0.4), "-c:v", "mpeg4")
    result = process(clips, source, tmp_path / "out")
    assert [(v.quality, v.width, v.height) for v in result.variants] == [("720p", 720, 1280), ("1080p", 1080, 1920)]
    assert (result.tiles[0].width, result.tiles[0].height) == (90, 160)


def test_rotation_is_applied_to_every_result(clips: Clips, tmp_path: Path):
    top_red = ("-f", "lavfi", "-i", "color=red:s=320x90:d=1[a];color=blue:s=320x90:d=1[b];[a][b]vstack")
    flat = clips.make("red-above-blue.mp4", *top_red, *X264)
    source = clips.make("turned-left.mp4", "-display_rotation:v", "90", "-i", str(flat), "-c", "copy")
    result = process(clips, source, tmp_path / "out")
    shot = only(result, clips)
    assert (result.variants[0].width, result.variants[0].height) == (180, 320)
    for path in (shot.path, result.poster):
        left, right = (Shot(clips.tools, path).pixel(0, x, 0.5) for x in (0.1, 0.9))
        assert left[0] > 200
        assert left[2] < 60
        assert right[2] > 200
        assert right[0] < 60


def test_hdr_becomes_sdr_of_ordinary_brightness(clips: Clips, tmp_path: Path):
    result = process(clips, clips.make("pq.mkv", *picture("640x360", 0.4), *X265_PQ), tmp_path / "out")
    shot = only(result, clips)
    assert shot.entries("stream=pix_fmt,color_space,color_transfer,color_primaries") == ["yuv420p,bt709,bt709,bt709"]
    red, green, blue = shot.pixel(0, 0.08, 0.9)  # the test picture's left column
    assert red > 150
    assert max(green, blue) < 60


def test_odd_sizes_lose_a_line(clips: Clips, tmp_path: Path):
    source = clips.make("odd.mkv", *picture("641x361", 0.4), "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    assert only(process(clips, source, tmp_path / "out"), clips).entries("stream=width,height") == ["640,360"]


def test_variable_frame_rate_keeps_every_frame_at_its_time(clips: Clips, tmp_path: Path):
    some = "select='not(between(mod(n\\,37)\\,3\\,20))'"
    source = clips.make("vfr.mkv", *picture("320x180", 4), "-vf", some, "-fps_mode", "vfr", "-c:v", "mpeg4")
    shot = only(process(clips, source, tmp_path / "out"), clips)
    before = [float(line.strip(",")) for line in Shot(clips.tools, source).entries("frame=pts_time")]
    after = [float(line.strip(",")) for line in shot.entries("frame=pts_time")]
    assert after == pytest.approx(before, abs=0.002)


def test_a_slide_show_can_be_sought_in(clips: Clips, tmp_path: Path):
    source = clips.make("slides.mp4", *picture("320x180", 60, 0.1), "-c:v", "mpeg4")
    result = process(clips, source, tmp_path / "out")
    assert result.duration == pytest.approx(60, abs=1)
    assert max(s.duration for s in result.variants[0].index.segments) == pytest.approx(4.0, abs=0.1)


def test_more_than_sixty_frames_a_second_are_thinned(clips: Clips, tmp_path: Path):
    source = clips.make("fast.mp4", *picture("320x180", 1, 120), *X264)
    assert only(process(clips, source, tmp_path / "out"), clips).frames() == pytest.approx(60, abs=1)


def test_interlaced_video_is_deinterlaced(clips: Clips, tmp_path: Path):
    flags = ("-vf", "interlace", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-b:v", "4M")
    source = clips.make("interlaced.mkv", *picture("720x576", 0.4, 50), *flags)
    assert only(process(clips, source, tmp_path / "out"), clips).entries("stream=field_order") == ["progressive"]


def test_no_audio_makes_no_wav(clips: Clips, tmp_path: Path):
    result = process(clips, clips.make("silent.mp4", *picture("320x180", 1), "-c:v", "mpeg4"), tmp_path / "out")
    assert result.audio is None
    assert result.variants[0].codecs == "avc1.64001e"
    assert "audio.wav" not in names(tmp_path / "out")


def test_audio_alone_gets_a_still_poster_and_an_mp4_without_pictures(clips: Clips, tmp_path: Path):
    result = process(clips, clips.make("voice.mp3", *tone(9), "-c:a", "libmp3lame"), tmp_path / "out")
    variant = result.variants[0]
    assert (variant.quality, variant.width, variant.height, variant.codecs) == ("720p", None, None, "mp4a.40.2")
    assert [s.duration for s in variant.index.segments] == pytest.approx([4.0, 4.0, 1.0], abs=0.1)
    assert Shot(clips.tools, variant.path).decodes()
    assert Shot(clips.tools, result.poster).entries("stream=width,height") == ["1280,720"]
    assert (result.tiles, result.sheets) == ((), ())
    assert seconds(result.audio) == pytest.approx(9.0, abs=0.1)


def seconds(path: Path | None) -> float:
    """The length of a 16 kHz mono WAV of 16 bits."""
    assert path is not None
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.getnframes() / 16_000


def loudest_pitch(path: Path, start: float) -> float:
    """Hertz, by counting zero crossings in half a second; 0 for silence."""
    with wave.open(str(path)) as file:
        file.setpos(int(start * 16_000))
        samples = memoryview(file.readframes(8_000)).cast("h")
    if max(samples) < 50:
        return 0.0
    return sum(a < 0 <= b for a, b in itertools.pairwise(samples)) * 2.0


def test_of_many_audio_tracks_the_default_one_is_heard_and_transcribed(clips: Clips, tmp_path: Path):
    tracks = ("-map", "0", "-map", "1", "-map", "2", "-disposition:a:0", "comment", "-disposition:a:1", "default")
    source = clips.make("two.mkv", *picture("320x180", 2), *tone(2, 300), *tone(2, 1000), *tracks, "-c:v", "mpeg4")
    result = process(clips, source, tmp_path / "out")
    assert result.audio is not None
    assert loudest_pitch(result.audio, 0.5) == pytest.approx(1000, rel=0.05)
    assert len(Shot(clips.tools, result.variants[0].path).entries("stream=index", "a")) == 1


def test_sound_that_starts_late_stays_on_the_videos_clock(clips: Clips, tmp_path: Path):
    source = clips.make(
        "late.mp4", *picture("320x180", 3), "-itsoffset", "1", *tone(2), *X264, "-g", "50", "-c:a", "aac"
    )
    result = process(clips, source, tmp_path / "out")
    assert result.audio is not None
    assert seconds(result.audio) == pytest.approx(3.0, abs=0.1)
    assert loudest_pitch(result.audio, 0.2) == 0.0
    assert loudest_pitch(result.audio, 1.5) == pytest.approx(440, rel=0.05)


def test_a_long_hole_in_the_sound_is_silence_and_stops_nothing(clips: Clips, tmp_path: Path):
    hole = ("-af", "aselect='not(between(t,5,30))'", "-g", "25", "-c:a", "aac")
    source = clips.make("hole.mp4", *picture("1280x720", 36, 2, source="testsrc"), *tone(36), *X264, *hole)
    result = process(clips, source, tmp_path / "out")
    assert result.audio is not None
    assert seconds(result.audio) == pytest.approx(36.0, abs=0.2)
    assert loudest_pitch(result.audio, 15) == 0.0
    assert loudest_pitch(result.audio, 33) == pytest.approx(440, rel=0.05)


def test_one_frame(clips: Clips, tmp_path: Path):
    result = process(clips, clips.make("one.mp4", *picture("640x360", 0.04), "-c:v", "mpeg4"), tmp_path / "out")
    assert only(result, clips).frames() == 1
    assert len(result.tiles) == 1
    assert Shot(clips.tools, result.poster).entries("stream=width,height") == ["640,360"]


def test_an_animated_gif_is_a_video(clips: Clips, tmp_path: Path):
    result = process(clips, clips.make("moving.gif", *picture("321x241", 2, 10)), tmp_path / "out")
    assert only(result, clips).frames() == 20
    assert (result.variants[0].width, result.variants[0].height) == (320, 240)


def test_storyboard_tiles_show_the_video_at_their_times(clips: Clips, tmp_path: Path):
    ramp = ("-f", "lavfi", "-i", "color=black:s=320x180:d=8:r=10,geq=lum='235*T/8':cb=128:cr=128")
    result = process(clips, clips.make("ramp.mkv", *ramp, "-c:v", "ffv1"), tmp_path / "out")
    assert [tile.start for tile in result.tiles] == pytest.approx([float(t) for t in range(8)])
    sheet = Shot(clips.tools, result.sheets[0])
    width, height = map(int, sheet.entries("stream=width,height")[0].split(","))
    for tile in result.tiles:
        x, y = (tile.x + tile.width / 2) / width, (tile.y + tile.height / 2) / height
        expected = Shot(clips.tools, result.variants[0].path).pixel(tile.start, 0.5, 0.5)
        assert sheet.pixel(0, x, y) == pytest.approx(expected, abs=8)


def test_the_poster_is_not_a_black_first_frame(clips: Clips, tmp_path: Path):
    fade = ("-f", "lavfi", "-i", "color=white:s=320x180:d=6,fade=in:d=1.5")
    result = process(clips, clips.make("fade.mkv", *fade, "-c:v", "ffv1"), tmp_path / "out")
    assert min(Shot(clips.tools, result.poster).pixel(0, 0.5, 0.5)) > 200


def test_no_metadata_is_passed_on(clips: Clips, tmp_path: Path):
    where = ("-metadata", "location=+48.85+002.35/", "-metadata", "title=At home", "-movflags", "use_metadata_tags")
    source = clips.make("home.mp4", *picture("320x180", 2), *X264, *where)
    result = process(clips, source, tmp_path / "out")
    data = result.variants[0].path.read_bytes()
    assert b"48.85" not in data
    assert b"At home" not in data


def test_sound_and_picture_begin_together(clips: Clips, tmp_path: Path):
    result = process(clips, clips.small(), tmp_path / "out")
    shot = Shot(clips.tools, result.variants[0].path)
    assert shot.entries("stream=start_time") == shot.entries("stream=start_time", "a:0") == ["0.000000"]
    index = read_index(result.variants[0].path)
    assert index.fragments[0].start == 0.0


def test_eight_k_is_taken(clips: Clips, tmp_path: Path):
    source = clips.make("8k.mp4", *picture("7680x4320", 0.08, source="color"), *X264)
    assert look(clips, source).video is not None
    result = process(clips, source, tmp_path / "out")
    assert [(v.width, v.height) for v in result.variants] == [(1280, 720), (1920, 1080)]
