"""What can go wrong between a recording and its words."""


class SpeechError(Exception):
    """Anything a speech engine raises on purpose."""


class LanguageUnsupported(SpeechError, ValueError):  # noqa: N818  named for what is the matter
    """The model does not know that language."""


class AudioUnreadable(SpeechError, ValueError):  # noqa: N818  named for what is the matter
    """Not a WAV file of 16 kHz, mono, 16 bits."""


class SpeechUnavailable(SpeechError):  # noqa: N818  named for what is the matter
    """The model cannot be loaded on this machine with these settings."""


class TranscriptionStopped(SpeechError):  # noqa: N818  named for what is the matter
    """The caller asked to stop; nothing was kept."""
