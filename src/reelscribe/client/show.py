"""Search hits, histories and times, as text for a terminal."""

from rich.console import Console
from rich.text import Text

from reelscribe.client.api import Client, Json

TEXT_WIDTH = 100


def clock(seconds: float) -> str:
    """`754.2` as `12:34`, with hours when there are any."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute:02d}:{second:02d}"


async def search(client: Client, words: str, limit: int, console: Console) -> int:
    """Print the hits of a search, each with its best moments; gives how many videos match."""
    page = await client.get("/videos/search", q=words, limit=limit)
    for hit in page["items"]:
        video = hit["video"]
        console.print(Text(f"{video['title']}  ", style="bold") + Text(video["id"], style="dim"))
        for moment in hit["moments"]:
            console.print(Text(f"  {clock(moment['start'])}  ", style="green") + marked(moment))
    return int(page["total"])


def marked(moment: Json) -> Text:
    """A moment's text around its first match, with what matched in bold."""
    spans = moment["spans"]
    begin = max(0, (spans[0][0] if spans else 0) - TEXT_WIDTH // 3)
    text = Text(moment["text"])
    for start, end in spans:
        text.stylize("bold yellow", start, end)
    cut = text[begin : begin + TEXT_WIDTH]
    return (Text("…") if begin else Text()) + cut + (Text("…") if len(text) > begin + TEXT_WIDTH else Text())


async def history(client: Client, video_id: str, console: Console) -> None:
    """Print a video's history, a line an event."""
    after: int | None = None
    while True:
        page = await client.get(f"/videos/{video_id}/events", after=after)
        for event in page["items"]:
            console.print(_line(event), highlight=False)
        if not page["items"]:
            return
        after = page["items"][-1]["id"]


def _line(event: Json) -> Text:
    attempt = f" (attempt {event['attempt']})" if event.get("attempt") else ""
    line = Text(f"{event['at']}  ", style="dim")
    line += Text(f"{event['kind']:<12}", style="red" if event["kind"] in {"failed", "lost"} else "bold")
    return line + Text(f" {event['stage'] or '':<10}{attempt}  {event['message']}")
