"""Language tags as people write them (BCP 47), to the codes Whisper knows."""

from collections.abc import Collection

from reelscribe.engines.speech.errors import LanguageUnsupported

_WHISPER_CALLS_IT = {"nb": "no", "iw": "he", "in": "id", "jv": "jw", "fil": "tl", "cmn": "zh"}


def whisper_code(tag: str, supported: Collection[str], model: str) -> str:
    """Whisper's code for `tag`: "pt-BR" is "pt". Raises `LanguageUnsupported`, naming what the model knows."""
    primary = tag.strip().lower().replace("_", "-").split("-")[0]
    code = _WHISPER_CALLS_IT.get(primary, primary)
    if code in supported:
        return code
    if list(supported) == ["en"]:
        raise LanguageUnsupported(
            f"The Whisper model {model} knows English only, not {tag!r}. "
            "Choose a multilingual one (WHISPER_MODEL=base), or set the video's language to English."
        )
    raise LanguageUnsupported(
        f"The Whisper model {model} knows no language {tag!r}; it knows {', '.join(sorted(supported))}."
    )
