"""Any OpenAI-compatible endpoint. Whatever it does, the caller gets checked statements or a clear error, in time."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reelscribe.engines.language.answer import BadAnswerError, Completion, completion, statements
from reelscribe.engines.language.prompt import SCHEMA, prompt
from reelscribe.text.ports import LanguageModelError, LanguageResult, Passage, Usage
from reelscribe.text.scripts import estimate_tokens

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.shared_params import ResponseFormatJSONObject, ResponseFormatJSONSchema

DEFAULT_URL = "https://api.openai.com/v1"
# Bytes of an answer; six sentences need a thousandth of it.
LONGEST_ANSWER = 2 * 1024 * 1024
# Useless answers and timeouts are asked for again, but an endpoint that only gives such is not worth more tries.
USELESS_TRIES = 3
TIMEOUT_TRIES = 2
# Seconds: the longest wait between two tries, and the longest that an endpoint may ask for by Retry-After.
LONGEST_WAIT = 30.0
LONGEST_ASKED_WAIT = 120.0


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a million tokens."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


@dataclass(slots=True)
class _Tries:
    """What one request has been through; `form` is the entry of `_forms` that it asks for now."""

    form: int = 0
    retries: int = 0
    useless: int = 0
    timeouts: int = 0
    usage: Usage = field(default_factory=Usage)


class OpenAIModel:
    """A chat model behind an OpenAI-compatible endpoint. Holds no connection between calls."""

    def __init__(
        self,
        *,
        model: str,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 5,
        price: Price = Price(),
        first_wait: float = 0.5,
    ) -> None:
        """`timeout` is in seconds for a whole answer; `first_wait` those before the first retry, doubled for each."""
        self._model = model
        self._api_key = api_key or "none"
        self._base_url = base_url or DEFAULT_URL
        self._timeout = timeout
        self._max_retries = max_retries
        self._price = price
        self._first_wait = first_wait
        self._form = 0

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self._model

    async def summarize(
        self, passages: Sequence[Passage], *, max_sentences: int, language: str | None = None
    ) -> LanguageResult:
        """At most `max_sentences` statements, each borne out by the passages that it cites.

        Rate limits, server errors and lost connections are tried again `max_retries` times with growing random waits,
        useless answers and timeouts a few times.

        Raises:
            LanguageModelError: what the endpoint did instead, and which setting to check.
        """
        if not passages or max_sentences < 1:
            return LanguageResult(())
        system, user = prompt(passages, max_sentences, language)
        tries = _Tries(self._form)
        async with self._client() as client:
            while True:
                answer = await self._completion(client, system, user, tries)
                try:
                    found = statements(self._content(answer), passages, max_sentences, language)
                except BadAnswerError as error:
                    self._count_useless(tries, error)
                    continue
                return LanguageResult(tuple(found), replace(tries.usage, retries=tries.retries))

    def _client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI

        if not _is_address(self._base_url):
            raise self._error(f"has no valid address ({_shown(self._base_url)}). Check OPENAI_BASE_URL")
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise self._error("has a key with characters that no key holds. Check OPENAI_API_KEY")
        return AsyncOpenAI(api_key=self._api_key, base_url=self._base_url, timeout=self._timeout, max_retries=0)

    async def _completion(self, client: "AsyncOpenAI", system: str, user: str, tries: _Tries) -> Completion:
        """A completion, after as many tries as are granted."""
        from httpx2 import HTTPError
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    answer = completion(await self._post(client, system, user, tries.form))
            except (TimeoutError, APITimeoutError):
                self._count_timeout(tries)
            except (APIConnectionError, HTTPError) as error:
                await self._wait(tries, None, f"cannot be reached ({_cause(error)}). Check OPENAI_BASE_URL")
            except APIStatusError as error:
                await self._after_status(tries, error)
            except BadAnswerError as error:
                self._count_useless(tries, error)
            else:
                self._form = max(self._form, tries.form)
                tries.usage += self._usage(answer, system + user)
                return answer

    async def _post(self, client: "AsyncOpenAI", system: str, user: str, form: int) -> bytes:
        """The body of the endpoint's answer, read no further than `LONGEST_ANSWER`."""
        from openai import omit

        body = bytearray()
        async with client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
            response_format=_forms()[form] or omit,
        ) as response:
            async for piece in response.iter_bytes():
                body += piece
                if len(body) > LONGEST_ANSWER:
                    raise BadAnswerError("the answer has no end")
        return bytes(body)

    async def _after_status(self, tries: _Tries, error: "APIStatusError") -> None:
        """Return where another try may help.

        An endpoint that knows no JSON schema is asked for a JSON object, then for plain text.
        """
        status = error.status_code
        if status in {400, 415, 422, 501} and tries.form + 1 < len(_forms()):
            tries.form += 1
        elif error.code == "insufficient_quota":
            raise self._error("has no quota left. Check the account's billing") from error
        elif status in {408, 409, 429} or status >= 500:  # noqa: PLR2004 -- HTTP's server errors
            what = "limits our rate" if status == 429 else f"fails with HTTP {status}"  # noqa: PLR2004 -- Too Many Requests
            await self._wait(tries, _retry_after(error), f"{what}. Retry the video later")
        elif status in {401, 403}:
            raise self._error(f"refused our key (HTTP {status}). Check OPENAI_API_KEY") from error
        elif status == 404:  # noqa: PLR2004 -- Not Found
            raise self._error(
                "knows no such model or address (HTTP 404). Check OPENAI_MODEL and OPENAI_BASE_URL"
            ) from error
        else:
            raise self._error(f"refused the request (HTTP {status}: {_shown(error.message)})") from error

    async def _wait(self, tries: _Tries, asked: float | None, failure: str) -> None:
        """Sleep before the next try: as long as asked, else up to twice as long as before, at random."""
        if tries.retries >= self._max_retries or (asked or 0) > LONGEST_ASKED_WAIT:
            raise self._error(failure)
        longest = min(LONGEST_WAIT, self._first_wait * 2**tries.retries)
        tries.retries += 1
        await asyncio.sleep((asked or 0) + random.uniform(longest / 2, longest))  # noqa: S311 -- jitter, no secret

    def _count_timeout(self, tries: _Tries) -> None:
        tries.timeouts += 1
        tries.retries += 1
        if tries.timeouts >= TIMEOUT_TRIES:
            raise self._error(f"did not answer within {self._timeout:g} s. Retry the video, or raise OPENAI_TIMEOUT")

    def _count_useless(self, tries: _Tries, error: BadAnswerError) -> None:
        tries.useless += 1
        tries.retries += 1
        if tries.useless >= USELESS_TRIES:
            raise self._error(f"gave no usable summary: {error}. Retry the video, or choose another OPENAI_MODEL")

    def _usage(self, answer: Completion, asked: str) -> Usage:
        counted = answer.usage
        known = counted is not None and counted.prompt_tokens is not None and counted.completion_tokens is not None
        tokens_in = (counted and counted.prompt_tokens) or estimate_tokens(asked)
        tokens_out = (counted and counted.completion_tokens) or estimate_tokens(answer.choices[0].message.content or "")
        return Usage(1, 0, tokens_in, tokens_out, self._price.of(tokens_in, tokens_out), estimated=not known)

    def _content(self, answer: Completion) -> str:
        message = answer.choices[0].message
        if message.refusal or answer.choices[0].finish_reason == "content_filter":
            raise self._error(f"declined to summarize this video: {_shown(message.refusal or 'its content filter')}")
        return message.content or ""

    def _error(self, what: str) -> LanguageModelError:
        return LanguageModelError(f'The language model "{self._model}" {what}.')


def _forms() -> tuple["ResponseFormatJSONSchema | ResponseFormatJSONObject | None", ...]:
    """The forms of answer to ask for, the strictest first."""
    schema: ResponseFormatJSONSchema = {
        "type": "json_schema",
        "json_schema": {"name": "summary", "strict": True, "schema": SCHEMA},
    }
    return schema, {"type": "json_object"}, None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _retry_after(error: "APIStatusError") -> float | None:
    """The seconds that the endpoint asks to wait; its other form, a date, is left to our own waits."""
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _cause(error: Exception) -> str:
    return type(error.__cause__ or error).__name__


def _shown(text: str) -> str:
    """A foreign text, short and on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:160] + "…"  # noqa: PLR2004 -- a line
