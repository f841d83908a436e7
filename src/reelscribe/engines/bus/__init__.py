"""The event bus between the outbox and the consumers. Embedded, the relay itself delivers; at scale, Kafka does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way: `key` keeps a video's events in order, `value` is the envelope."""

    topic: str
    key: str
    value: Mapping[str, object]


Handler = Callable[[Message], Awaitable[None]]


class DeliveryError(Exception):
    """The bus, or a consumer behind it, did not take a message; it stays in the outbox and is sent again."""


class EventBus(Protocol):
    """Publishes messages; what it has taken is not lost."""

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Publish in order; for each message None when the bus has it, else what went wrong."""
        ...
