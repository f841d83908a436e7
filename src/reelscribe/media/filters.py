"""Filter graphs: one decode feeds every rendition, the storyboard and the poster."""

from reelscribe.media.info import VideoTrack
from reelscribe.media.ladder import HIGHEST_FRAME_RATE, LOWEST_FRAME_RATE, LadderPlan, Rendition, fit
from reelscribe.media.storyboard import TILES_WANTED, Grid

TILE_TIMES = "tiles.txt"
POSTER_CHOICES = 10
KEEP_CLOCK = "aresample=async=1:first_pts=0"  # gaps become silence, so captions stay on the video's clock
JPEG = "format=yuvj420p"
# FFmpeg reports no progress before each of its outputs has begun, and a storyboard's sheet is complete only after a
# hundred tiles: so both begin with a blank picture, which is thrown away.
BLANK_FIRST = "tpad=start=1"
# Without this the JPEG branches talk the negotiation into full-range yuvj420p for the renditions too.
VIDEO_FORMAT = "format=pix_fmts=yuv420p:color_ranges=tv"


def video_graph(video: VideoTrack, plan: LadderPlan, layout: Grid) -> str:
    """The graph whose outputs are `[v0]`, `[v1]`... (what `plan` encodes, in its order), `[tiles]` and `[poster]`.

    Sizes fall from left to right: the source is scaled once to the largest rendition that is encoded, and everything
    smaller is made from that. Rotation has been applied by FFmpeg before the graph begins.
    """
    encoded = plan.encoded
    base = max(encoded or plan.renditions, key=lambda rendition: rendition.width)
    if not encoded:
        # The source is copied and only its keyframes are decoded: pictures are all that is wanted.
        base = _still_size(base)
    steps = ",".join([*_timing(video), *_picture(video, base)])
    return ";".join(
        [
            f"[0:{video.index}]{steps},split={len(encoded) + 1}{_labels('s', len(encoded) + 1)}",
            *(_rendition(i, rendition, base) for i, rendition in enumerate(encoded)),
            *_stills(f"s{len(encoded)}", layout, _still_size(base)),
        ]
    )


def _still_size(rendition: Rendition) -> Rendition:
    width, height = fit(rendition.width, rendition.height, 720)
    return Rendition(rendition.quality, width, height, rendition.crf, rendition.max_rate, copy=False)


def _labels(name: str, count: int) -> str:
    return "".join(f"[{name}{i}]" for i in range(count))


def _timing(video: VideoTrack) -> list[str]:
    """Bring the frame rate into bounds by dropping frames; frames are added only to a slide show.

    An `fps` filter on everything would turn 25 frames spread over 100,000 seconds into 2.5 million.
    """
    if video.frame_rate > HIGHEST_FRAME_RATE:
        return ["select='isnan(prev_selected_t)+gte(t-prev_selected_t,1/60-0.0015)'"]
    if 0 < video.frame_rate < LOWEST_FRAME_RATE:
        return ["fps=1"]  # keyframes every few seconds, or nobody could seek
    return []


def _picture(video: VideoTrack, size: Rendition) -> list[str]:
    deinterlace = ["bwdif=mode=send_frame:deint=interlaced"] if video.interlaced else []
    scale = f"scale={size.width}:{size.height}:flags=lanczos"
    if video.hdr is None:
        return [*deinterlace, scale, "setsar=1", VIDEO_FORMAT]
    return [*deinterlace, scale, "setsar=1", *_tone_mapping(video), VIDEO_FORMAT]


def _tone_mapping(video: VideoTrack) -> list[str]:
    """PQ or HLG in BT.2020 to BT.709, through linear light; after scaling down, because it works in floats."""
    transfer = {"pq": "smpte2084", "hlg": "arib-std-b67"}[video.hdr or "pq"]
    matrix = video.color_matrix if video.color_matrix.startswith("bt2020") else "bt2020nc"
    return [
        f"zscale=tin={transfer}:min={matrix}:pin=bt2020:t=linear:npl=100",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=hable:desat=0",
        "zscale=t=bt709:m=bt709:p=bt709:r=tv",
    ]


def _rendition(index: int, rendition: Rendition, base: Rendition) -> str:
    same = (rendition.width, rendition.height) == (base.width, base.height)
    scale = "null" if same else f"scale={rendition.width}:{rendition.height}:flags=lanczos,{VIDEO_FORMAT}"
    return f"[s{index}]{scale}[v{index}]"


def _stills(label: str, layout: Grid, poster: Rendition) -> list[str]:
    """A frame every few seconds: the tiles, with their times written to a file, and a poster chosen among the first.

    The poster is the most typical one (by histogram), so neither a black first frame nor a fade.
    """
    choices = min(POSTER_CHOICES, TILES_WANTED)
    to_jpeg = f"flags=area:out_range=full,{JPEG}"
    return [
        f"[{label}]select='isnan(prev_selected_t)+gte(t-prev_selected_t,{layout.interval - 0.001:.3f})',split[t0][t1]",
        # Frames without metadata would not be printed, so each gets some.
        f"[t0]metadata=mode=add:key=tile:value=1,metadata=mode=print:file={TILE_TIMES}[t2]",
        f"[t2]scale={layout.width}:{layout.height}:{to_jpeg},tile={layout.columns}x{layout.rows},{BLANK_FIRST}[tiles]",
        f"[t1]scale={poster.width}:{poster.height}:{to_jpeg},thumbnail=n={choices},{BLANK_FIRST}[poster]",
    ]


def audio_graph(stream: int, outputs: list[str], drawing: str | None = None) -> str:
    """One graph for everything that is heard (or drawn, by the filters of `drawing`), gaps filled with silence.

    It must be one: with two graphs on a track that starts a second late, FFmpeg 9.0.2's scheduler waits for itself for
    ever, each graph being ahead of the other output's video.
    """
    ends = [*outputs, "[drawn]"] if drawing else outputs
    graph = f"[0:{stream}]{KEEP_CLOCK},asplit={len(ends)}{''.join(ends)}"
    return f"{graph};[drawn]{drawing}[poster]" if drawing else graph


def waveform() -> str:
    """Filters that draw the poster of a recording without pictures: its waveform.

    They keep all samples until the end, hence the low rate: 10 hours take 140 MB.
    """
    return (
        "aresample=2000,aformat=sample_fmts=s16:channel_layouts=mono,"
        f"showwavespic=s=1280x720:colors=0x5b8def,format=rgb24,scale=out_range=full,{JPEG},{BLANK_FIRST}"
    )


def cover_graph(stream: int) -> str:
    """The poster of a recording that carries a cover picture, as `[poster]`."""
    fitted = "scale=1280:720:force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=full"
    return f"[0:{stream}]{fitted},setsar=1,pad=1280:720:-1:-1,{JPEG},{BLANK_FIRST}[poster]"
