"""Word forms: one stem for "transcribe", "transcribed" and "transcribing", in each language that Snowball knows."""

import unicodedata
from functools import lru_cache

_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
UNSTEMMED = ""
DEFAULT_LANGUAGE = "en"
"""Of a video whose language is not known yet; words of another language at worst lose a suffix."""


def normal_language(language: str | None) -> str:
    """The two letters under which a video's words are stemmed: `en` of `en-GB`, the default of None."""
    return (language or DEFAULT_LANGUAGE).lower().replace("_", "-").split("-")[0]


@lru_cache(maxsize=1 << 17)
def term_of(word: str, language: str) -> str:
    """The index term of one word as it stands in a text: case, width, accents and inflection removed."""
    cased = unicodedata.normalize("NFKC", word).casefold().replace("\u2019", "'")
    stemmed = "".join(_stem(cased.removesuffix("'s"), language).replace("'", "").split())
    return stemmed if stemmed.isascii() else _without_accents(stemmed)


def folded(word: str) -> str:
    """The same without stemming."""
    return term_of(word, UNSTEMMED)


def _stem(word: str, language: str) -> str:
    name = _SNOWBALL.get(language)
    if name is None:
        return word
    from snowballstemmer import stemmer  # type: ignore[import-untyped]  # it ships no types

    # A stemmer keeps its cursor in itself: one for each call, because searches run in threads.
    stem: str = stemmer(name).stemWord(word)
    return stem or word


def _without_accents(word: str) -> str:
    """Latin, Greek and Cyrillic accents only (U+0300 to U+036F): vowel signs of other scripts are letters."""
    decomposed = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f"))
