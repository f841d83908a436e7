"""The terms of a text: stemmed words without stopwords; pairs of characters where a script has no spaces."""

import re
from typing import TYPE_CHECKING

from reelscribe.text.punctuation import APOSTROPHE
from reelscribe.text.scripts import is_unspaced
from reelscribe.text.stopwords import STOPWORDS

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer  # type: ignore[import-untyped]  # it ships no types

_WORD = re.compile(rf"\w+(?:['{APOSTROPHE}]\w+)*")
# A word that long is noise, and its stemming a way to waste time.
_LONGEST_WORD = 40
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


class Terms:
    """Terms of texts in one language; each word is stemmed once. Not for several threads at once."""

    def __init__(self, language: str | None = None) -> None:
        """`language` is a code as Whisper gives it; None counts as English, an unknown one is not stemmed."""
        code = (language or "en").lower().split("-")[0]
        self._stemmer = _stemmer(_STEMMERS.get(code))
        self._stopwords = STOPWORDS if code == "en" else frozenset[str]()
        self._known: dict[str, tuple[str, ...]] = {}

    @property
    def has_stopwords(self) -> bool:
        """True where the language's function words are known and left out."""
        return bool(self._stopwords)

    def of(self, text: str) -> list[str]:
        """The text's terms in order, with repetitions."""
        known = self._known
        found: list[str] = []
        for word in words(text.lower()):
            terms = known.get(word)
            if terms is None:
                terms = known[word] = self._terms(word)
            found.extend(terms)
        return found

    def of_word(self, word: str) -> str:
        """The stem of a word of a spaced script, empty for a stopword."""
        return "".join(self.of(word)[:1])

    def _terms(self, word: str) -> tuple[str, ...]:
        if is_unspaced(word[0]):
            return tuple(word[index : index + 2] for index in range(max(len(word) - 1, 1)))
        stem = self._stem(word.replace(APOSTROPHE, "'"))
        return (stem,) if stem else ()

    def _stem(self, word: str) -> str:
        if word in self._stopwords or len(word) > _LONGEST_WORD or (len(word) == 1 and word.isascii()):
            return ""
        bare = word.split("'", 1)[0] or word
        if bare in self._stopwords:
            return ""
        return str(self._stemmer.stemWord(bare)) if self._stemmer and bare.isalpha() else bare


def words(text: str) -> list[str]:
    """The words of a text as they are written; of an unspaced script, whole runs."""
    return _WORD.findall(text)


def _stemmer(name: str | None) -> "BaseStemmer | None":
    if name is None:
        return None
    import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

    return snowballstemmer.stemmer(name)
