"""What must be known of writing systems: which separate words by spaces, and how much a text counts."""

import re

# Scripts written without spaces between words: a "word" there is one character, and two of them count as one word.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # iteration marks, Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\uff66-\uff9d"  # half-width Katakana
    "\U00020000-\U0003ffff"  # Han, further planes
)
# One token: an unspaced character with the marks and punctuation that cling to it, or a run of anything else.
TOKEN = re.compile(rf"\s*(?:[{_UNSPACED}](?:(?![{_UNSPACED}])[^\w\s])*|(?:(?![{_UNSPACED}])\S)+)")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")


def is_unspaced(character: str) -> bool:
    """True for a character of a script that puts no spaces between words."""
    return bool(_UNSPACED_CHARACTER.match(character))


def word_count(text: str) -> int:
    """Words of a text; two characters of an unspaced script count as one word."""
    if text.isascii():
        return len(text.split())
    unspaced = len(_UNSPACED_CHARACTER.findall(text))
    return len(_UNSPACED_CHARACTER.sub(" ", text).split()) + (unspaced + 1) // 2


def estimate_tokens(text: str) -> int:
    """Tokens that a language model will count, never far too few: 4 ASCII characters or 1 other character each.

    Measured against no tokenizer, for none is at hand without a network: the rule is OpenAI's own of thumb for
    English, and generous for other scripts.
    """
    if text.isascii():
        return len(text) // 4 + 1
    plain = sum(character.isascii() for character in text)
    return plain // 4 + (len(text) - plain) + 1
