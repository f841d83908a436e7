"""The embedded bus: the outbox table is the log, and publishing is calling the handlers of the topic."""

from collections.abc import Mapping, Sequence

from reelscribe.engines.bus import DeliveryError, Handler, Message


class LocalBus:
    """See the Protocol. A topic without handlers, such as a dead-letter topic, is kept by the outbox alone."""

    def __init__(self, handlers: Mapping[str, Sequence[Handler]]) -> None:
        self._handlers = handlers

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        """See the Protocol."""
        return [await self._deliver(message) for message in messages]

    async def _deliver(self, message: Message) -> Exception | None:
        try:
            for handler in self._handlers.get(message.topic, ()):
                await handler(message)
        except DeliveryError as error:
            return error
        return None
