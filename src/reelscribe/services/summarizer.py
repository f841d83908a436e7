"""The summarizer service (port 8081): it says what it is and how it is; its work is the summarize queue's."""

from typing import Final

from fastapi import FastAPI
from pydantic import BaseModel, Field

from reelscribe import __version__
from reelscribe.services.application import PREFIX, new_application
from reelscribe.services.state import ApiState

SERVICE: Final = "summarizer"
_DESCRIPTION: Final = "Consumes `video.transcribed`, writes a summary, and tells of it as `video.summarized`."


class ServiceInfo(BaseModel):
    """Which service answers here."""

    service: str = SERVICE
    version: str = __version__
    environment: str = Field(description="This installation's name: APP_ENV.", examples=["production"])
    description: str = "Summarizes transcribed videos."
    health: str = Field(f"{PREFIX}/health/ready", description="Where to ask whether it can work.")
    docs: str = "/docs"


def create_app(state: ApiState) -> FastAPI:
    """The summarizer service over what wiring hands in."""
    app = new_application(state, service=SERVICE, title="Reelscribe summarizer", description=_DESCRIPTION)

    @app.get("/", operation_id="getRoot", summary="Which service this is", tags=["health"])
    @app.get(PREFIX, operation_id="getInfo", summary="Which service this is", tags=["health"])
    async def info() -> ServiceInfo:
        return ServiceInfo(environment=state.settings.environment)

    return app
