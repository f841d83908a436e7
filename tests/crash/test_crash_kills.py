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
async def ruled(reaper):
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


async def play(fleet, decks, is_over, rng, *, patience):
    clips, client = make_clips(fleet.folder, rng), fleet.client
    async with ruled(Reaper(fleet, decks, is_over, patience)) as ruling:
        await client.sign_in()
        titles = await stop_when_broken(ruling, keep_busy(fleet, client, clips, rng, is_over))
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
    titles = await play(fleet, decks, lambda: len(fleet.deaths) >= rounds, rng, patience=10)
    print(f"{len(fleet.deaths)} deaths, {len(titles)} videos, {time.monotonic() - began:.0f} s: {fleet.deaths}")  # noqa: T201 - the same


def once_each(name):
    yield from (Fate(point=point) for point in points_of(name))
    yield from itertools.repeat(Fate())


async def test_a_death_at_each_point_of_each_process(fleet):
    decks = {name: once_each(name) for name in COMMANDS}
    # The scheduler's points need others to have died: it waits for them as often as it takes.
    decks["scheduler"] = itertools.cycle([Fate(point=point) for point in points_of("scheduler")])
    points = set(itertools.chain.from_iterable(map(points_of, COMMANDS)))

    def all_were_met():
        return points <= {fate for _, fate in fleet.deaths}

    await play(fleet, decks, all_were_met, seeded(7), patience=60)
    assert all_were_met()
