"""Search hits, histories and times, as text for a terminal."""

from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reelscribe.client.api import Client, Json

TEXT_WIDTH = 100


def clock(seconds: float) -> str:
    """`754.2` as `12:34`, with hours when there are any."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute:02d}:{second:02d}"


def timed(seconds: float, text: str | Text, style: str = "") -> Table:
    """A line that begins with its time; what does not fit goes on below the text, not below the time."""
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column()
    line.add_row(Text(f"  {clock(seconds)}", style=style), Text(text) if isinstance(text, str) else text)
    return line


async def search(client: Client, words: str, limit: int, console: Console) -> int:
    """Print the hits of a search, each with its best moments; gives how many videos match."""
    page = await client.get("/videos/search", q=words, limit=limit)
    for hit in page["items"]:
        video = hit["video"]
        console.print(Text(f"{video['title']}  ", style="bold") + Text(video["id"], style="dim"))
        for moment in hit["moments"]:
            console.print(timed(moment["start"], marked(moment), "green"))
        if not hit["moments"]:
            for match in hit["matches"][:1]:
                console.print(Text(f"  {match['field']}: ", style="green") + marked(match))
    return int(page["total"])


def marked(found: Json) -> Text:
    """A moment's or a match's text around its first matched word, cut between words, with what matched in bold."""
    words, spans = str(found["text"]), found["spans"]
    begin = max(0, (spans[0][0] if spans else 0) - TEXT_WIDTH // 3)
    if begin:
        # From a word's start on, unless that would pass what matched: some languages write no spaces.
        begin = min(words.find(" ", begin - 1) + 1 or begin, spans[0][0])
    end = min(len(words), begin + TEXT_WIDTH)
    if end < len(words):
        last = words.rfind(" ", begin, end + 1)
        end = last if last > begin + TEXT_WIDTH // 2 else end
    text = Text(words)
    for start, stop in spans:
        text.stylize("bold yellow", start, stop)
    return Text("… " if begin else "") + text[begin:end] + Text(" …" if end < len(words) else "")


async def history(client: Client, video_id: str, console: Console) -> None:
    """Print a video's history, a line an event."""
    after: int | None = None
    began: dict[str, datetime] = {}
    while True:
        page = await client.get(f"/videos/{video_id}/events", after=after)
        for event in page["items"]:
            console.print(row(event, began))
        if not page["items"]:
            return
        after = page["items"][-1]["id"]


def row(event: Json, began: dict[str, datetime]) -> Table:
    """One event: when (in UTC), what, in which stage, and what is known of it. `began` remembers when stages did."""
    kind, stage, at = event["kind"], event["stage"] or "", datetime.fromisoformat(event["at"])
    attempt = f" {event['attempt']}" if event.get("attempt") else ""
    took = None
    if kind == "started":
        began[stage] = at
    elif stage in began:
        took = (at - began.pop(stage)).total_seconds()
    columns = Table.grid(padding=(0, 2, 0, 0))
    for width in (20, 9, 12):
        columns.add_column(min_width=width, no_wrap=True)
    columns.add_column()
    columns.add_row(
        Text(f"{at:%Y-%m-%d %H:%M:%S}Z", style="dim"),
        Text(kind, style="red" if kind in {"failed", "lost"} else "bold"),
        Text(stage + attempt),
        _told(event, took),
    )
    return columns


def _told(event: Json, took: float | None) -> Text:
    """What is known of an event: its result or message, how long it took (seconds), and the tail of its error."""
    data = {name: value for name, value in event["data"].items() if value not in (None, "", [])}
    error = str(data.pop("error", "")).strip()
    facts = [f"took {took:.1f} s"] if took is not None else []
    facts += [_fact(name, value) for name, value in data.items()]
    lines = [line for line in (event["message"], ", ".join(facts)) if line]
    return Text("\n").join([*map(Text, lines), *([Text(error, style="dim")] if error else [])])


def _fact(name: str, value: object) -> str:
    """What a stage tells of its result, with its unit."""
    match name, value:
        case "size", int():
            return f"{value / 1e6:.1f} MB"
        case "duration", int() | float():
            return f"duration {clock(value)}"
        case "retry_in", int() | float():
            return f"next try in {value:.0f} s"
        case _, list():
            return f"{_plain(name)} {' '.join(map(str, value))}"
        case _, float():
            return f"{_plain(name)} {value:.2f}"
        case _:
            return f"{_plain(name)} {value}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
