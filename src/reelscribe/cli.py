"""The command line: every process and every chore is one command, which imports what is heavy only when it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from rich.console import Console

    from reelscribe.client.api import Client
    from reelscribe.settings import Settings

app = typer.Typer(
    name="reelscribe",
    help="A self-hosted video platform that understands what is said in its videos.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PROCESSES = "Processes"
CHORES = "Chores"
CLIENT = "Using a running platform"
PIPE_WIDTH = 1000

T = TypeVar("T")


@app.command(rich_help_panel=PROCESSES)
def serve() -> None:
    """Run everything on this machine: both services, the relay, the scheduler and the workers."""
    import asyncio

    from reelscribe import logs
    from reelscribe.processes.parent import StartError
    from reelscribe.processes.serve import supervise

    settings = _settings()
    logs.configure(settings.log_level)
    try:
        asyncio.run(supervise(settings))
    except StartError as error:
        _fail(str(error))


@app.command(rich_help_panel=PROCESSES)
def api() -> None:
    """Run the API service (port 8080, or PORT)."""
    from reelscribe.processes.lifetime import run_process
    from reelscribe.processes.web import run_api

    run_process(_settings(), "api", run_api, durable=True)


@app.command(rich_help_panel=PROCESSES)
def summarizer() -> None:
    """Run the summarizer service (port 8081, or PORT) and the worker that summarizes."""
    from reelscribe.processes.lifetime import run_process
    from reelscribe.processes.summarizer import run_summarizer

    run_process(_settings(), "summarizer", run_summarizer)


@app.command(rich_help_panel=PROCESSES)
def worker(
    queues: Annotated[str, typer.Option(help="Queues to work on, separated by commas; none means all.")] = "",
    name: Annotated[str, typer.Option(help="This worker's name, unique among those that run.")] = "",
) -> None:
    """Run a job worker."""
    import os
    import socket

    from reelscribe.pipeline.stages import STAGES
    from reelscribe.processes.lifetime import run_process
    from reelscribe.processes.worker import run_worker

    known = [stage.queue for stage in STAGES]
    chosen = [queue.strip() for queue in queues.split(",") if queue.strip()] or known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        _fail(f"There is no queue {', '.join(unknown)}. The queues are: {', '.join(known)}.")
    full_name = name or f"{socket.gethostname()}/{os.getpid()}"
    run_process(_settings(), "worker", lambda platform: run_worker(platform, chosen, full_name))


@app.command(rich_help_panel=PROCESSES)
def consumer() -> None:
    """Run the event consumer: it turns events into jobs. On the embedded bus the relay does that, and this waits."""
    from reelscribe.processes.consumer import run_consumer
    from reelscribe.processes.lifetime import run_process

    run_process(_settings(), "consumer", run_consumer)


@app.command(rich_help_panel=PROCESSES)
def relay() -> None:
    """Run the outbox relay: it publishes the events of both services."""
    from reelscribe.processes.lifetime import run_process
    from reelscribe.processes.relay import run_relay

    run_process(_settings(), "relay", run_relay)


@app.command(rich_help_panel=PROCESSES)
def scheduler() -> None:
    """Run the scheduler: the reaper, clean-up, and the email filter's sync."""
    from reelscribe.processes.lifetime import run_process
    from reelscribe.processes.scheduler import run_scheduler

    run_process(_settings(), "scheduler", run_scheduler)


@app.command(hidden=True)
def coordinator() -> None:
    """Run relay, scheduler and index worker in one process, as `serve` does."""
    from reelscribe.processes.coordinator import run_coordinator
    from reelscribe.processes.lifetime import run_process

    run_process(_settings(), "coordinator", run_coordinator)


@app.command(rich_help_panel=CHORES)
def migrate() -> None:
    """Bring the database's schema up to date."""
    from reelscribe.processes.migrate import migrate_database

    settings = _settings()
    typer.echo(f"The database is at revision {_chore(settings, migrate_database(settings))}.")


@app.command(rich_help_panel=CHORES)
def reindex() -> None:
    """Build the search index anew from the database, beside the old one, and swap them."""
    from reelscribe.processes.reindex import rebuild_index

    settings = _settings()
    typer.echo(f"{_chore(settings, rebuild_index(settings))} videos are in the new search index.")


@app.command(rich_help_panel=CHORES)
def doctor() -> None:
    """Say which engine serves each need, check each, and say how to mend what is wrong."""
    import asyncio

    from reelscribe.doctor import examine

    if not asyncio.run(examine(_settings())):
        raise typer.Exit(1)


@app.command(rich_help_panel=CLIENT)
def login(
    email: Annotated[str, typer.Option(prompt=True, help="The account's address; asked for when not given.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, help="Better left out, and typed unseen.")],
) -> None:
    """Sign in, and keep the token for the commands below."""
    from reelscribe.client.api import Client, keep_secret, token_file

    settings = _settings()

    async def run(client: Client) -> None:
        keep_secret(token_file(settings), await client.login(email, password))

    _with_client(settings, run)
    typer.echo("Signed in.")


@app.command(rich_help_panel=CLIENT)
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Videos to upload.")],
    wait: Annotated[bool, typer.Option("--wait", help="Follow each video until it is ready.")] = False,
) -> None:
    """Upload videos through the public API, with a progress bar for each stage; ends with 1 if any did not come in."""
    from reelscribe.client import ingest as ingestion
    from reelscribe.client.api import Client

    console = _console()

    async def run(client: Client) -> None:
        videos = await ingestion.ingest(client, dict.fromkeys(files), wait=wait, console=console)
        failed = [video for video in videos if video["status"] == "failed"]
        for video in failed:
            console.print(f"{video['title']} failed: {video['status_message']}", style="red")
        if failed or len(videos) < len(set(files)):
            raise typer.Exit(1)

    _with_client(_settings(), run)


@app.command(rich_help_panel=CLIENT)
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORD", help='What was said; "in quotes" for a phrase.')],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many videos to show.")] = 10,
) -> None:
    """Search every word of every video that you may see."""
    from reelscribe.client import show
    from reelscribe.client.api import Client

    console = _console()

    async def run(client: Client) -> None:
        if await show.search(client, " ".join(words), limit, console) == 0:
            console.print("Nothing was found.")
            if not client.signed_in:
                console.print("You are not signed in, so only public videos were searched: run `reelscribe login`.")
            raise typer.Exit(1)

    _with_client(_settings(), run)


@app.command(rich_help_panel=CLIENT)
def events(video: Annotated[str, typer.Argument(metavar="VIDEO", help="The video's id.")]) -> None:
    """Show the history of a video, event by event, attempt by attempt."""
    from reelscribe.client import show
    from reelscribe.client.api import Client

    async def run(client: Client) -> None:
        await show.history(client, video, _console())

    _with_client(_settings(), run)


@app.command(rich_help_panel=CLIENT)
def replay(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="The video's id.")],
    from_stage: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="transcode, transcribe, summarize or index.")
    ] = None,
) -> None:
    """Send a video through the pipeline again, from any stage on; a failed one from where it failed."""
    from reelscribe.client.api import Client

    async def run(client: Client) -> None:
        answer = await client.post(f"/videos/{video}/retry", {"from_stage": from_stage} if from_stage else {})
        typer.echo(f"{answer['id']} is {answer['status']}. Follow it with: reelscribe events {answer['id']}")

    _with_client(_settings(), run)


@app.command(rich_help_panel=CLIENT)
def demo() -> None:
    """Start the platform, run a real talk through the whole pipeline, show what came of it, and keep serving."""
    from reelscribe.demo import run_demo

    code = run_demo(_settings())
    if code:
        raise typer.Exit(code)


def _console() -> "Console":
    """For what the platform tells, which is text and no markup. Away from a terminal each thing is one line."""
    import sys

    from rich.console import Console

    return Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _with_client(settings: "Settings", work: "Callable[[Client], Awaitable[None]]") -> None:
    import asyncio

    from reelscribe.client.api import ClientError, open_client

    async def run() -> None:
        async with open_client(settings) as client:
            await work(client)

    try:
        asyncio.run(run())
    except ClientError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _settings() -> "Settings":
    from pydantic import ValidationError

    from reelscribe.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        _fail("A setting is wrong:\n  " + "\n  ".join(lines))
    if settings.distributed.chosen:
        names = ", ".join(settings.distributed.chosen)
        _fail(f"{names} asks for an engine that this version does not have. Unset it to use the embedded one.")
    return settings


def _chore(settings: "Settings", work: "Coroutine[None, None, T]") -> "T":
    """Do it, or say in words why not."""
    import asyncio

    from sqlalchemy.exc import DBAPIError

    from reelscribe.database.migrate import SchemaBehindError
    from reelscribe.engines.storage import StorageError
    from reelscribe.models import ModelError

    try:
        return asyncio.run(work)
    except OSError as error:
        reason = error.strerror or error
        _fail(f"The data folder {settings.data_dir} cannot be used: {reason}. Set DATA_DIR to another one.")
    except DBAPIError as error:
        _fail(f"The database in {settings.data_dir} cannot be used: {error.orig}. `reelscribe doctor` tells more.")
    except (SchemaBehindError, StorageError, ModelError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.secho(message, err=True, fg="red")
    raise typer.Exit(1)


def main() -> None:
    """The console script's entry."""
    app()
