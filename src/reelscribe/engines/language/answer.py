"""What an OpenAI-compatible model answered: read leniently, believed only as far as the transcript bears it out."""

import json
import re
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reelscribe.text.grounding import GROUNDED, grounded, is_clean, tidied, tied
from reelscribe.text.ports import Passage, Statement
from reelscribe.text.sentences import sentences
from reelscribe.text.terms import Terms
from reelscribe.text.transcript import Segment, Transcript


class _Wire(BaseModel):
    """A foreign server's JSON: fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class Message(_Wire):
    """The model's message."""

    content: str | None = None
    refusal: str | None = None


class Choice(_Wire):
    """One answer; we ask for one."""

    message: Message
    finish_reason: str | None = None


class TokenCount(_Wire):
    """Tokens as the endpoint counts them."""

    prompt_tokens: int | None = Field(None, ge=0)
    completion_tokens: int | None = Field(None, ge=0)


class Completion(_Wire):
    """The body of a chat completion."""

    choices: list[Choice] = Field(min_length=1)
    usage: TokenCount | None = None


class BadAnswerError(ValueError):
    """The answer is of no use; asking again may help."""


def completion(body: bytes) -> Completion:
    """The completion in a response's body.

    Raises:
        BadAnswerError: HTML, nothing, or anything else than a completion.
    """
    try:
        return Completion.model_validate_json(body)
    except ValidationError:
        kind = "nothing" if not body.strip() else "HTML" if body.lstrip()[:1] == b"<" else "something"
        raise BadAnswerError(f"the endpoint answered {kind} instead of a chat completion") from None


def statements(content: str, passages: Sequence[Passage], count: int, language: str | None) -> list[Statement]:
    """The sentences in the model's answer that the passages bear out, at most `count`.

    Raises:
        BadAnswerError: no JSON of the form asked for, or no sentence in it that may be kept.
    """
    terms = Terms(language)
    known = {passage.id: passage for passage in passages}
    said = "\n".join(passage.text for passage in passages)
    kept: list[Statement] = []
    for text, sources in _sentences(content):
        if not is_clean(text, said) or any(text == other.text for other in kept):
            continue
        cited = [known[number] for number in dict.fromkeys(sources) if number in known]
        if grounded(text, cited, terms) >= GROUNDED:
            kept.append(Statement(text, tuple(passage.id for passage in cited)))
        elif near := tied(text, passages, terms):
            kept.append(Statement(text, near))
    if not kept:
        raise BadAnswerError("no sentence of the answer is about what was said")
    return kept[:count]


def _sentences(content: str) -> Iterator[tuple[str, list[int]]]:
    """Each single sentence with the numbers it cites; malformed entries are skipped."""
    for entry in _entries(content):
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            continue
        sources = entry.get("sources")
        numbers = _numbers(sources if isinstance(sources, list) else [sources])
        for text in _single(tidied(entry["text"])):
            yield text, numbers


def _entries(content: str) -> list[object]:
    try:
        answer: object = json.loads(_object(content), strict=False)
    except (json.JSONDecodeError, RecursionError):
        raise BadAnswerError("the answer is not the JSON that was asked for") from None
    entries = answer.get("sentences") if isinstance(answer, dict) else answer
    if not isinstance(entries, list):
        raise BadAnswerError("the answer is not the JSON that was asked for")
    return entries


def _object(content: str) -> str:
    """The JSON in an answer that may wrap it in a code fence, in thoughts, or in pleasantries."""
    text = content.rsplit("</think>", 1)[-1]
    return text[max(text.find("{"), 0) : text.rfind("}") + 1] or text


def _numbers(sources: Sequence[object]) -> list[int]:
    found = [re.search(r"\d{1,9}", str(source)) for source in sources if isinstance(source, int | str)]
    return [int(match.group()) for match in found if match]


def _single(text: str) -> list[str]:
    return [sentence.text for sentence in sentences(Transcript(None, 0.0, (Segment(0, 0.0, 0.0, text),)))]
