"""Health, on both services: is the process here (`live`), can it work (`ready`)."""

import time
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from reelscribe import __version__
from reelscribe.services.readiness import Readiness, ReadinessReport


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Health(Liveness):
    """The process answers, and which it is."""

    service: str
    version: str = __version__
    environment: str = Field(description="This installation's name: APP_ENV.", examples=["production"])
    uptime_seconds: float


def router_for(service: str, environment: str, readiness: Readiness) -> APIRouter:
    """The health endpoints of one service in this environment."""
    router = APIRouter(prefix="/health", tags=["health"])
    began = time.monotonic()

    @router.get("", operation_id="getHealth", summary="Which service this is, and that it runs")
    async def health() -> Health:
        return Health(service=service, environment=environment, uptime_seconds=round(time.monotonic() - began, 1))

    @router.get("/live", operation_id="getLiveness", summary="Does the process answer?")
    async def live() -> Liveness:
        return Liveness()

    @router.get(
        "/ready",
        response_model_exclude_none=True,
        operation_id="getReadiness",
        summary="Can the service do its work? Names what fails",
        responses={503: {"model": ReadinessReport, "description": "Something that the service needs does not answer."}},
    )
    async def ready(response: Response) -> ReadinessReport:
        report = await readiness.report()
        response.status_code = 200 if report.status == "ok" else 503
        return report

    return router
