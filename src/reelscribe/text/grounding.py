"""Does a sentence that a model wrote rest on the transcript? What does not is left out, whatever the model was told."""

import re
import unicodedata
from collections.abc import Sequence

from reelscribe.text.ports import Passage
from reelscribe.text.scripts import word_count
from reelscribe.text.terms import Terms

# Characters of one sentence; longer ones are no summary.
LONGEST = 600
# A sentence says something from so many words on.
FEWEST_WORDS = 3
# The share of a sentence's terms that the passages it cites must hold. A summary in other words still names the
# same things; a sentence that an injected instruction made up does not.
GROUNDED = 0.2
# The same, for passages that we choose ourselves where the model cited none that exist.
TIED = 0.4
# Passages that an uncited sentence is tied to, at most.
TIED_TO = 2

_LINK = re.compile(
    r"(?:https?|ftp|javascript|data|mailto):\S+|www\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE
)
_MARKUP = re.compile(r"<[^\W\d_!/?][^>]*>|</\w|<!--|<!|!?\[[^\]]*\]\([^)]*\)|```|&#?\w+;")
_DECORATION = re.compile(r"^\s*(?:[-*•#>]+|\d{1,2}[.)])\s+|\*\*|__|`")


def tidied(text: str) -> str:
    """The sentence on one line, without control and invisible characters, bullets, and bold or code marks."""
    visible = "".join(" " if character.isspace() else character for character in text if _is_shown(character))
    return " ".join(_DECORATION.sub("", visible).split())


def is_clean(text: str, said: str) -> bool:
    """False for what no summary holds: links or markup that nobody said, too much text or too little."""
    if len(text) > LONGEST or word_count(text) < FEWEST_WORDS:
        return False
    found = [match.group() for pattern in (_LINK, _MARKUP) for match in pattern.finditer(text)]
    return all(piece in said for piece in found)


def grounded(text: str, passages: Sequence[Passage], terms: Terms) -> float:
    """The share of the text's terms that the passages hold, from 0 to 1."""
    wanted = terms.of(text)
    said = {term for passage in passages for term in terms.of(passage.text)}
    return sum(term in said for term in wanted) / max(len(wanted), 1)


def tied(text: str, passages: Sequence[Passage], terms: Terms) -> tuple[int, ...]:
    """The ids of the passages that say most of the text; none where nothing comes near."""
    scores = sorted(((grounded(text, [passage], terms), -passage.id) for passage in passages), reverse=True)
    if not scores or not scores[0][0]:
        return ()
    best = {-number for score, number in scores[:TIED_TO] if score >= scores[0][0] / 2}
    chosen = [passage for passage in passages if passage.id in best]
    if grounded(text, chosen, terms) < TIED:
        return ()
    return tuple(passage.id for passage in chosen)


def _is_shown(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
