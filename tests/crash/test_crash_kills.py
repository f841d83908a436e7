"""SIGKILL, at any moment, loses nothing and doubles nothing.

Each process dies and comes back while videos are on their way; each death is a round. `--rounds` says how many,
REELSCRIBE_SEED which.
"""

import asyncio
import contextlib
import itertools
import os
import secrets
import time
from functools import partial

import pytest
from tests.support.crash import COMMANDS, Fate, Fleet, Reaper, make_clips, random_fates, seeded, until, word
from tests.support.crash_points import points_of
from tests.support.crash_verdict import all_quiet, judge_leftovers, judge_objects, judge_rows, judge_search

pytestmark = [pytest.mark.anyio, pytest.mark.crash]

AT_ONCE = 3


@pytest.fixture
def fleet(tmp_path):
    fleet = Fleet(tmp_path)
    fleet.migrate()
    yield fleet
    fleet.kill()


@contextlib.asynccontextmanager
async def ruled(fleet, decks, rounds):
    reaper = Reaper(fleet, decks, rounds)
    for name in COMMANDS:
        reaper.bear(name)
    ruling = asyncio.create_task(reaper.rule())
    try:
        yield ruling
    finally:
        ruling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ruling


async def keep_busy(fleet, client, clips, rng, is_over):
    """Keep some videos on their way until it is over; gives the titles of all."""
    titles = []

    def is_ready(title):
        return fleet.value("SELECT status FROM videos WHERE title = ?", title) == "ready"

    async def feed():
        while not is_over() or len(titles) < AT_ONCE:
            title = word(rng)
            titles.append(title)
            await client.upload(rng.choice(clips), title)
            await until(partial(is_ready, title), fleet.logs, seconds=900)

    await asyncio.gather(*(feed() for _ in range(AT_ONCE)))
    return titles


async def play(fleet, decks, rounds, rng):
    clips, client = make_clips(fleet.folder, rng), fleet.client
    async with ruled(fleet, decks, rounds) as ruling:
        await client.sign_in()
        titles = await stop_when_broken(
            ruling, keep_busy(fleet, client, clips, rng, lambda: len(fleet.deaths) >= rounds)
        )
        await stop_when_broken(ruling, all_quiet(fleet, titles, seconds=60))
        await judge_search(client, titles)
    exits = fleet.stop()
    assert set(exits.values()) == {0}, exits
    judge_rows(fleet, titles)
    await judge_objects(fleet)
    judge_leftovers(fleet)
    return titles


async def stop_when_broken(ruling, work):
    """The work's result, or at once the failure of whoever rules."""
    working = asyncio.ensure_future(work)
    await asyncio.wait({working, ruling}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
        ruling.result()
    return await working


async def test_nothing_is_lost_or_doubled_whoever_is_killed(fleet, request):
    rounds = request.config.getoption("--rounds")
    seed = int(os.environ.get("REELSCRIBE_SEED") or secrets.randbelow(10**6))
    rng, began = seeded(seed), time.monotonic()
    decks = {name: random_fates(seeded(f"{seed}/{name}"), points_of(name)) for name in COMMANDS}
    print(f"seed {seed}: to play it again, set REELSCRIBE_SEED={seed}")  # noqa: T201 - whoever looks into a failure needs it
    titles = await play(fleet, decks, rounds, rng)
    print(f"{len(fleet.deaths)} deaths, {len(titles)} videos, {time.monotonic() - began:.0f} s: {fleet.deaths}")  # noqa: T201 - the same


async def test_a_death_at_each_point_of_each_process(fleet):
    decks = {name: iter([Fate(point=point) for point in points_of(name)]) for name in COMMANDS}
    every = sum(len(points_of(name)) for name in COMMANDS)
    await play(fleet, decks, every, seeded(7))
    died_at = {fate for _, fate in fleet.deaths}
    expected = set(itertools.chain.from_iterable(map(points_of, COMMANDS)))
    assert expected <= died_at
