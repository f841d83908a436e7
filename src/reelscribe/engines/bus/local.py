"""The embedded bus: the outbox table is the log, and publishing is calling the handlers of the topic."""

from collections.abc import Mapping, Sequence

from reelscribe.engines.bus import DeliveryError, Handler, Message


class LocalBus:
    """See the Protocol. A topic without handlers, such as a dead-letter topic, is kept by the outbox alone."""

    def __init__(self, handlers: Mapping[str, Sequence[Handler]]) -> None:
        self._handlers = handlers

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        """See the Protocol. What follows a refused message of the same key waits with it, so that the order holds."""
        refused: dict[str, Exception] = {}
        outcomes: list[Exception | None] = []
        for message in messages:
            error = refused.get(message.key) or await self._deliver(message)
            if error is not None:
                refused[message.key] = error
            outcomes.append(error)
        return outcomes

    async def _deliver(self, message: Message) -> Exception | None:
        try:
            for handler in self._handlers.get(message.topic, ()):
                await handler(message)
        except DeliveryError as error:
            return error
        return None
