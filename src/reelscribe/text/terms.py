"""The terms of a text: stemmed words without stopwords; pairs of characters where a script has no spaces."""

import re
from collections.abc import Iterator
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
        self._stems: dict[str, str] = {}

    def of(self, text: str) -> list[str]:
        """The text's terms in order, with repetitions."""
        return [term for word in words(text) for term in self._terms(word)]

    def of_word(self, word: str) -> str:
        """The stem of a word, empty for a stopword."""
        key = word.lower().replace(APOSTROPHE, "'")
        if key not in self._stems:
            self._stems[key] = self._stem(key)
        return self._stems[key]

    def _terms(self, word: str) -> Iterator[str]:
        if not is_unspaced(word[0]):
            if term := self.of_word(word):
                yield term
            return
        for index in range(max(len(word) - 1, 1)):
            yield word[index : index + 2]

    def _stem(self, key: str) -> str:
        if key in self._stopwords or len(key) > _LONGEST_WORD or (len(key) == 1 and key.isascii()):
            return ""
        bare = key.split("'", maxsplit=1)[0] or key
        if bare in self._stopwords:
            return ""
        return str(self._stemmer.stemWord(bare)) if self._stemmer else bare


def words(text: str) -> list[str]:
    """The words of a text as they are written; of an unspaced script, whole runs."""
    return _WORD.findall(text)


def _stemmer(name: str | None) -> "BaseStemmer | None":
    if name is None:
        return None
    import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

    return snowballstemmer.stemmer(name)
