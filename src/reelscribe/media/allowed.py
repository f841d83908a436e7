"""What FFmpeg may open and decode, and the arguments that hold it to that.

Everything not named here is refused. Without these lists a DASH manifest, a relative ffconcat, an m3u8 or a name like
`seq%d.jpg` reads another user's file; and rare decoders are where the holes are (CVE-2026-8461, in MagicYUV's).
"""


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


MAX_STREAMS = 32
MAX_PIXELS = 36_000_000  # 8K (7680 x 4320) and a little more
MAX_ALLOCATION = 512 * 1024 * 1024  # bytes in one block

DEMUXERS = _names("mov matroska mpegts avi flv ogg wav mp3 aac flac asf mpeg gif")

VIDEO_DECODERS = _names(
    "h264 hevc vp8 vp9 libvpx libvpx-vp9 libdav1d av1 mpeg1video mpeg2video mpegvideo mpeg4 msmpeg4v2 msmpeg4"
    " wmv1 wmv2 wmv3 vc1 h263 h263p flv vp6 vp6f vp6a theora mjpeg prores dnxhd dvvideo ffv1 rawvideo gif png"
)

AUDIO_DECODERS = _names(
    "aac aac_latm mp3 mp3float mp2 mp2float mp1 mp1float ac3 eac3 dca opus libopus vorbis libvorbis flac alac"
    " wmav1 wmav2 wmapro amrnb amrwb libopencore_amrnb libopencore_amrwb adpcm_ms adpcm_ima_wav adpcm_ima_qt"
    " pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_u8 pcm_s8"
    " pcm_alaw pcm_mulaw pcm_bluray pcm_dvd"
)

# Never decoded for output, but the demuxers open them to learn what a track is.
SUBTITLE_DECODERS = _names("mov_text subrip srt ass ssa webvtt text dvbsub dvdsub pgssub cc_dec")

# ffprobe names the codec, not the decoder.
VIDEO_CODECS = frozenset(
    _names(
        "h264 hevc vp8 vp9 av1 mpeg1video mpeg2video mpeg4 msmpeg4v2 msmpeg4v3 wmv1 wmv2 wmv3 vc1 h263 flv1 vp6"
        " vp6f vp6a theora mjpeg prores dnxhd dvvideo ffv1 rawvideo gif png"
    )
)
AUDIO_CODECS = frozenset(
    _names("aac aac_latm mp3 mp2 mp1 ac3 eac3 dts opus vorbis flac alac wmav1 wmav2 wmapro amr_nb amr_wb")
) | frozenset(name for name in AUDIO_DECODERS if name.startswith(("pcm_", "adpcm_")))


def input_arguments(descriptor: int) -> list[str]:
    """Arguments that open the descriptor as the only input, for ffmpeg and ffprobe alike."""
    decoders = ",".join(VIDEO_DECODERS + AUDIO_DECODERS + SUBTITLE_DECODERS)
    return [
        *("-protocol_whitelist", "fd", "-format_whitelist", ",".join(DEMUXERS), "-codec_whitelist", decoders),
        *("-max_streams", str(MAX_STREAMS), "-max_pixels", str(MAX_PIXELS)),
        *("-probesize", "20M", "-analyzeduration", "10M", "-fd", str(descriptor), "-i", "fd:"),
    ]
