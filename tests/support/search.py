"""Search documents for tests, and what every search engine promises: `SearchEngineContract`, which adapters inherit."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reelscribe.engines.search import (
    InvalidCursor,
    MomentDocument,
    SearchEngine,
    SearchHit,
    SearchPage,
    SearchRequest,
    VideoDocument,
    Viewer,
)

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER, OTHER = 7, 8
EVERYONE, ANOTHER, ADMIN = Viewer(), Viewer(OTHER), Viewer(1, is_admin=True)
SECONDS_PER_WORD = 0.5


def moment(text: str, start: float = 0.0) -> MomentDocument:
    """A window whose words are said every half second, with its sentences as its full stops tell them."""
    found = [match.span() for match in re.finditer(r"\S+", text)]
    words = [(a, b, start + i * SECONDS_PER_WORD) for i, (a, b) in enumerate(found)]
    opens = [i == 0 or text[found[i - 1][1] - 1] in ".?!" for i in range(len(found))]
    sentences = [(a, at) for (a, _, at), first in zip(words, opens, strict=True) if first]
    return MomentDocument(start, start + max(len(words), 1) * SECONDS_PER_WORD, text, words, sentences)


def video(video_id: str, *said: str, **changes: Any) -> VideoDocument:
    """A public English video; each of `said` is a window, half a minute apart."""
    known: dict[str, Any] = {
        "title": "",
        "description": "",
        "summary": "",
        "user_id": OWNER,
        "user_name": "Ada",
        "status": "ready",
        "visibility": "public",
        "created_at": DAY,
        "duration": 30.0 * len(said),
        "language": "en",
        "moments": [moment(text, 30.0 * i) for i, text in enumerate(said)],
    }
    return VideoDocument(id=video_id, **(known | changes))


def ask(q: str, viewer: Viewer = EVERYONE, **changes: Any) -> SearchRequest:
    return SearchRequest(q=q, viewer=viewer, **changes)


def ids(page: SearchPage) -> list[str]:
    return [hit.video_id for hit in page.items]


def marked(hit: SearchHit) -> list[str]:
    """The words that are marked in a hit's moments."""
    return [found.text[a:b] for found in hit.moments for a, b in found.spans]


async def stream(documents: Iterable[VideoDocument]) -> AsyncIterator[VideoDocument]:
    for document in documents:
        yield document


async def walk(engine: SearchEngine, request: SearchRequest) -> list[str]:
    """Every id, page by page."""
    found: list[str] = []
    async for page in pages(engine, request):
        found.extend(ids(page))
    return found


async def pages(engine: SearchEngine, request: SearchRequest) -> AsyncIterator[SearchPage]:
    from dataclasses import replace

    for _ in range(1_000):
        page = await engine.search(request)
        yield page
        if page.next_cursor is None:
            return
        request = replace(request, cursor=page.next_cursor)
    raise AssertionError("the pages never end")


FORMS = [
    ("en", "transcribing", "We transcribed every meeting."),
    ("en", "policies", "The new policy was signed."),
    ("de", "Häuser", "Das Haus steht am Wald."),
    ("fr", "décisions", "La décision est prise."),
    ("es", "canciones", "La canción terminó."),
    ("ru", "книги", "Эта книга интересная."),
    ("nl", "gewerkt", "Zij werkt hier."),
]
TYPOS = [
    ("recieve", "receive"),
    ("definately", "definitely"),
    ("kubernets", "kubernetes"),
    ("xylophne", "xylophone"),
    ("telescoppe", "telescope"),
    ("oragnge", "orange"),
    ("qorange", "orange"),
    ("orangee", "orange"),
    ("presiden", "president"),
]
SCRIPTS = [
    ("zh", "人工智能", "今天我们讨论人工智能的未来。"),
    ("zh", "未", "今天我们讨论人工智能的未来。"),
    ("zh", "我们今天讨论一下人工智能", "今天我们讨论人工智能的未来。"),
    ("ja", "東京都", "来週は東京都に行く予定です。"),
    ("ja", "カメラ", "新しいカメラを買いました。"),
    ("ko", "인공지능", "오늘은 인공지능의 미래를 이야기합니다."),
    ("th", "ปัญญา", "วันนี้เราพูดถึงปัญญาประดิษฐ์"),
    ("ar", "الذكاء", "نتحدث اليوم عن الذكاء الاصطناعي."),
    ("hi", "भाषा", "आज हम हिन्दी भाषा पर बात करेंगे।"),
    ("el", "ΘΆΛΑΣΣΑ", "Η θάλασσα είναι ήρεμη."),  # noqa: RUF001 - Greek is meant
    ("he", "שלום", "אמרנו שלום לכולם."),
    ("fr", "cafe", "Nous prenons un café ensemble."),
    ("en", "🎉", "We shipped it 🎉 at last."),
]
ODD = [
    "",
    " ",
    '"',
    '""',
    '"" ""',
    "-",
    "--",
    "-word",
    '-"word',
    "+",
    "*",
    "a*",
    "AND",
    "OR OR",
    "NOT word",
    "word AND (other",
    "title:word",
    "word^4",
    "word~2",
    "[a TO b]",
    "/.*/",
    "\\",
    "word\\",
    "{}",
    "<b>word</b>",
    "'; DROP TABLE videos; --",
    "\x00",
    "word\x00word",
    "\ud800",
    "e\u0301",
    "\u0301",
    "\u200b",
    "👩‍👩‍👧‍👦",
    "ﷺ",
    "word " * 2_000,
    "x" * 10_000,
    '"' + "word " * 2_000 + '"',
    "漢" * 10_000,
    "(" * 10_000,
    " ".join(f"w{i}" for i in range(2_000)),
]


class SearchEngineContract:
    """Inherit, mark with `anyio`, and give a fixture `engine` that yields an empty engine."""

    # --- what is found ---

    async def test_an_empty_index_answers_with_nothing(self, engine: SearchEngine) -> None:
        assert await engine.search(ask("word")) == SearchPage()
        await engine.check()

    @pytest.mark.parametrize("field", ["title", "description", "summary"])
    async def test_a_word_of_a_field_is_found_and_marked(self, engine: SearchEngine, field: str) -> None:
        await engine.index([video("a", **{field: "🎬 All about Volcanoes"}), video("b", title="Other")])
        page = await engine.search(ask("volcano"))
        assert ids(page) == ["a"]
        (match,) = page.items[0].matches
        assert (match.field, match.text, list(match.spans)) == (field, "🎬 All about Volcanoes", [(12, 21)])
        assert page.total == 1

    async def test_a_spoken_word_is_found_with_its_moment(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "Nothing here.", "The volcano erupts.", "Nothing there.")])
        (hit,) = (await engine.search(ask("volcano"))).items
        (found,) = hit.moments
        assert (found.text, list(found.spans), found.end) == ("The volcano erupts.", [(4, 11)], 31.5)

    async def test_two_words_must_both_be_there_if_any_video_has_both(self, engine: SearchEngine) -> None:
        await engine.index([video("both", "Red fox."), video("one", "Red car."), video("other", "Grey fox.")])
        page = await engine.search(ask("red fox"))
        assert ids(page) == ["both"]
        assert page.total == 1

    async def test_words_that_no_video_has_together_are_found_alone(self, engine: SearchEngine) -> None:
        await engine.index([video("one", "Red car."), video("other", "Grey fox.")])
        assert set(ids(await engine.search(ask("red fox")))) == {"one", "other"}

    async def test_the_words_around_a_question_do_not_count(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "What did they say? What was discussed?"), video("b", "Budgets shrink.")])
        assert ids(await engine.search(ask("What did they say about the budget?"))) == ["b"]

    async def test_a_query_of_nothing_but_function_words_looks_for_those(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "To be or not to be."), video("b", "Entirely different.")])
        assert ids(await engine.search(ask("to be or not to be"))) == ["a"]

    @pytest.mark.parametrize(("language", "q", "said"), FORMS)
    async def test_word_forms_are_one(self, engine: SearchEngine, language: str, q: str, said: str) -> None:
        await engine.index([video("a", said, language=language), video("b", "Entirely different.")])
        page = await engine.search(ask(q))
        assert ids(page) == ["a"]
        assert len(marked(page.items[0])) == 1

    @pytest.mark.parametrize(("typed", "said"), TYPOS)
    async def test_typos_are_forgiven(self, engine: SearchEngine, typed: str, said: str) -> None:
        await engine.index([video("a", f"Here is {said} indeed."), video("b", "Entirely different.")])
        page = await engine.search(ask(typed))
        assert ids(page) == ["a"]
        assert marked(page.items[0]) == [said]

    async def test_a_word_as_typed_is_above_one_that_only_looks_like_it(self, engine: SearchEngine) -> None:
        near = [video(f"n{i}", "Marvin speaks of marble.") for i in range(30)]
        await engine.index([*near, video("exact", "Marvik speaks of marble.")])
        assert (await walk(engine, ask("marvik")))[0] == "exact"

    @pytest.mark.parametrize(("typed", "said"), [("2025", "2024"), ("cat", "car"), ("a1b2c3", "a1b2c4")])
    async def test_numbers_and_short_words_are_taken_as_typed(
        self, engine: SearchEngine, typed: str, said: str
    ) -> None:
        await engine.index([video("a", f"Here is {said} indeed.")])
        assert ids(await engine.search(ask(typed))) == []

    @pytest.mark.parametrize(("language", "q", "said"), SCRIPTS)
    async def test_other_scripts_are_found(self, engine: SearchEngine, language: str, q: str, said: str) -> None:
        await engine.index([video("a", said, language=language), video("b", "Entirely different.", title="別の話")])
        page = await engine.search(ask(q))
        assert ids(page) == ["a"]
        assert marked(page.items[0])

    async def test_a_run_of_characters_is_marked_exactly(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "来週は東京都に行く。", language="ja")])
        assert marked((await engine.search(ask("東京都"))).items[0]) == ["東京都"]
        assert marked((await engine.search(ask("京"))).items[0]) == ["京"]

    # --- phrases and exclusions ---

    async def test_a_phrase_stands_word_by_word(self, engine: SearchEngine) -> None:
        await engine.index([
            video("phrase", "We fear climate change here."),
            video("apart", "The climate may change here.", "Change the climate."),
        ])  # fmt: skip
        page = await engine.search(ask('"climate change"'))
        assert ids(page) == ["phrase"]
        assert marked(page.items[0]) == ["climate", "change"]

    async def test_in_a_phrase_only_the_phrase_is_marked(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "Change is climate change, and climate stays.")])
        (hit,) = (await engine.search(ask('"climate change"'))).items
        assert [list(found.spans) for found in hit.moments] == [[(10, 17), (18, 24)]]

    async def test_a_phrase_does_not_reach_across_fields(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "Change comes.", "Of climate.", title="The climate", description="change")])
        assert ids(await engine.search(ask('"climate change"'))) == []

    async def test_a_phrase_that_is_nowhere_finds_nothing(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "The climate may change.")])
        assert await engine.search(ask('"climate zebra"')) == SearchPage()

    async def test_an_excluded_word_or_phrase_keeps_a_video_out(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "A red fox runs."), video("b", "A red fox sleeps.")])
        assert ids(await engine.search(ask("fox -runs"))) == ["b"]
        assert ids(await engine.search(ask('fox -"fox sleeps"'))) == ["a"]

    # --- ranking ---

    async def test_a_title_is_above_a_passing_mention(self, engine: SearchEngine) -> None:
        filler = [video(f"f{i}", f"Filler about subject {i}.", title=f"Talk number {i}") for i in range(20)]
        mention = video(
            "mention", *["Somebody once mentioned a volcano among other things."] * 2, title="An evening talk"
        )
        await engine.index([*filler, mention, video("title", "Today we look at lava.", title="Volcano basics")])
        assert ids(await engine.search(ask("volcano"))) == ["title", "mention"]

    async def test_words_said_together_are_above_words_far_apart(self, engine: SearchEngine) -> None:
        between = [f"Something else entirely number {i}." for i in range(10)]
        await engine.index([
            video("apart", "The solar system.", *between, "A panel of experts."),
            video("together", *between, "Put a solar panel there.", "The end."),
        ])  # fmt: skip
        assert ids(await engine.search(ask("solar panel"))) == ["together", "apart"]

    async def test_the_best_moment_comes_first_and_its_neighbours_are_hidden(self, engine: SearchEngine) -> None:
        await engine.index([
            video("a", "A volcano.", "Volcano lava, volcano lava.", "A volcano there.", "No.", "No.", "A volcano too.")
        ])  # fmt: skip
        (hit,) = (await engine.search(ask("volcano lava"))).items
        assert [found.text for found in hit.moments] == ["Volcano lava, volcano lava.", "A volcano too."]
        scores = [found.score for found in hit.moments]
        assert scores == sorted(scores, reverse=True)

    async def test_every_hit_shows_where_its_word_is_said_on_every_page(self, engine: SearchEngine) -> None:
        await engine.index(
            [video(f"v{i}", *["The volcano, volcano, volcano."] * (i % 60)) for i in range(60, 180) if i % 60]
        )
        async for page in pages(engine, ask("volcano", limit=10)):
            assert all(hit.moments for hit in page.items)

    async def test_hits_come_by_falling_score(self, engine: SearchEngine) -> None:
        await engine.index([video(f"v{i}", *["volcano " * i + "and more words to say."] * 3) for i in range(1, 20)])
        scores = [hit.score for hit in (await engine.search(ask("volcano"))).items]
        assert scores == sorted(scores, reverse=True)

    # --- landing ---

    async def test_a_moment_starts_at_the_sentence_of_the_word_where_that_is_near(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "One two three four five six seven eight nine. And then the volcano.")])
        (hit,) = (await engine.search(ask("volcano"))).items
        assert hit.moments[0].start == 4.5

    async def test_a_moment_starts_just_before_the_word_in_a_long_sentence(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "so " * 40 + "volcano.")])
        (hit,) = (await engine.search(ask("volcano"))).items
        assert 17.0 <= hit.moments[0].start <= 20.0

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        before=st.integers(0, 80), sentence=st.integers(1, 20), timed=st.booleans(), start=st.floats(0, 9_000, width=32)
    )
    async def test_a_moment_never_starts_more_than_3_s_before_its_first_matched_word(
        self, engine: SearchEngine, before: int, sentence: int, timed: bool, start: float
    ) -> None:
        words = ["so." if i % sentence == 0 else "so" for i in range(before)]
        said = moment(" ".join([*words, "volcano", "and", "volcano."]), start)
        known = said if timed else MomentDocument(said.start, said.end, said.text)
        await engine.index([video("a", moments=[known])])
        (hit,) = (await engine.search(ask("volcano"))).items
        spoken = start + before * SECONDS_PER_WORD
        # Where no word's time is known, the words' places tell it as well as they can.
        slack = 0.0 if timed else 5.0
        assert spoken - 3.0 - slack <= hit.moments[0].start <= spoken + slack

    # --- who may see what ---

    @pytest.mark.parametrize(
        ("visibility", "viewers"),
        [
            ("private", [Viewer(OWNER), ADMIN]),
            ("unlisted", [Viewer(OWNER), ADMIN]),
            ("internal", [Viewer(OWNER), ANOTHER, ADMIN]),
            ("public", [Viewer(OWNER), ANOTHER, ADMIN, EVERYONE]),
        ],
    )
    async def test_a_video_is_found_by_those_who_may_see_it(
        self, engine: SearchEngine, visibility: str, viewers: Sequence[Viewer]
    ) -> None:
        await engine.index([video("a", "The volcano.", visibility=visibility)])
        for viewer in (Viewer(OWNER), ANOTHER, ADMIN, EVERYONE):
            for q in ("volcano", '"the volcano"', "vulcano"):
                page = await engine.search(ask(q, viewer))
                assert (ids(page), page.total) == ((["a"], 1) if viewer in viewers else ([], 0))

    async def test_hidden_videos_take_no_place_in_the_ranking(self, engine: SearchEngine) -> None:
        hidden = [video(f"h{i}", *["volcano " * 20] * 5, visibility="private") for i in range(300)]
        await engine.index([*hidden, video("a", "A long talk in which the volcano is named once.")])
        page = await engine.search(ask("volcano"))
        assert (ids(page), page.total) == (["a"], 1)

    async def test_a_video_made_private_is_gone_at_once(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "The volcano.")])
        await engine.index([video("a", "The volcano.", visibility="private")])
        assert ids(await engine.search(ask("volcano"))) == []

    # --- filters, sorts, pages ---

    async def test_filters(self, engine: SearchEngine) -> None:
        await engine.index([
            video("a", "volcano"),
            video("b", "volcano", status="failed", created_at=DAY + timedelta(days=1)),
            video("c", "volcano", user_id=OTHER, created_at=DAY + timedelta(days=2)),
        ])  # fmt: skip

        async def found(**filters: Any) -> set[str]:
            page = await engine.search(ask("volcano", **filters))
            assert page.total == len(page.items)
            return set(ids(page))

        assert await found() == {"a", "b", "c"}
        assert await found(status="ready") == {"a", "c"}
        assert await found(user_id=OTHER) == {"c"}
        assert await found(created_from=DAY + timedelta(days=1)) == {"b", "c"}
        assert await found(created_to=DAY + timedelta(days=1)) == {"a"}
        assert await found(created_from=DAY, created_to=DAY) == set()
        assert await found(created_from=DAY, created_to=DAY + timedelta(microseconds=1)) == {"a"}
        assert await found(status="ready", user_id=OWNER, created_to=DAY + timedelta(days=9)) == {"a"}

    async def test_newest_and_oldest(self, engine: SearchEngine) -> None:
        await engine.index([
            video(f"v{i}", "volcano " * (i % 4 + 1), created_at=DAY + timedelta(hours=i)) for i in range(30)
        ])  # fmt: skip
        oldest = await walk(engine, ask("volcano", sort="oldest", limit=7))
        assert oldest == [f"v{i}" for i in range(30)]
        assert await walk(engine, ask("volcano", sort="newest", limit=7)) == oldest[::-1]

    async def test_videos_of_one_instant_are_each_on_one_page(self, engine: SearchEngine) -> None:
        await engine.index([video(f"v{i}", "volcano") for i in range(50)])
        for sort in ("newest", "oldest", "relevance"):
            found = await walk(engine, ask("volcano", sort=sort, limit=9))
            assert sorted(found) == sorted(f"v{i}" for i in range(50))

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    async def test_pages_stay_right_while_videos_are_added(self, engine: SearchEngine, sort: Any) -> None:
        there = [video(f"v{i}", "volcano " * (i % 5 + 1), created_at=DAY + timedelta(hours=i)) for i in range(40)]
        await engine.index(there)
        found: list[str] = []
        added = count()
        async for page in pages(engine, ask("volcano", sort=sort, limit=6)):
            found.extend(ids(page))
            number = next(added)
            await engine.index([
                video(f"new{number}-{i}", "volcano " * 9, created_at=DAY + timedelta(hours=i * 20.5)) for i in range(3)
            ])  # fmt: skip
            if number > 30:
                break  # videos are added faster than they are read
        assert len(found) == len(set(found))
        assert {document.id for document in there} <= set(found)

    async def test_the_last_page_has_no_cursor_and_totals_agree(self, engine: SearchEngine) -> None:
        await engine.index([video(f"v{i}", "volcano") for i in range(12)])
        sizes = [(len(page.items), page.total) async for page in pages(engine, ask("volcano", limit=6))]
        assert sizes == [(6, 12), (6, 12)]

    @pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "a" * 5_000, "=", "AQ" * 20, "\x00"])
    async def test_a_made_up_cursor_is_refused(self, engine: SearchEngine, cursor: str) -> None:
        await engine.index([video("a", "volcano")])
        with pytest.raises(InvalidCursor):
            await engine.search(ask("volcano", cursor=cursor))

    async def test_a_cursor_belongs_to_its_query(self, engine: SearchEngine) -> None:
        await engine.index([video(f"v{i}", "volcano lava") for i in range(5)])
        cursor = (await engine.search(ask("volcano", limit=2))).next_cursor
        for other in (ask("lava"), ask("volcano", sort="newest"), ask("volcano", status="ready")):
            with pytest.raises(InvalidCursor):
                await engine.search(
                    SearchRequest(q=other.q, viewer=EVERYONE, cursor=cursor, status=other.status, sort=other.sort)
                )

    # --- odd queries ---

    @pytest.mark.parametrize("q", ODD, ids=range(len(ODD)))
    async def test_odd_queries_have_an_answer(self, engine: SearchEngine, q: str) -> None:
        await engine.index([video("a", "Any word will do.", "漢字 e\u0301 OR x."), video("b", "Other words.")])
        assert isinstance(await engine.search(ask(q)), SearchPage)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(q=st.text(max_size=60), said=st.text(max_size=60))
    @example(q="İ", said="İstanbul")
    @example(q="ß", said="Straße")
    async def test_any_text_can_be_said_and_asked_for(self, engine: SearchEngine, q: str, said: str) -> None:
        await engine.index([video("a", said, title=q)])
        for asked in (q, said):
            for hit in (await engine.search(ask(asked))).items:
                for text, spans in [(m.text, m.spans) for m in (*hit.moments, *hit.matches)]:
                    assert spans
                    places = [place for span in spans for place in span]
                    assert places == sorted(places)
                    assert places[-1] <= len(text)
                    assert all(text[a:b] for a, b in spans)

    # --- changes ---

    async def test_indexing_again_replaces(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "volcano", "lava")])
        await engine.index([video("a", "glacier")])
        assert ids(await engine.search(ask("volcano"))) == []
        page = await engine.search(ask("glacier"))
        assert (ids(page), page.total) == (["a"], 1)
        assert [found.text for found in page.items[0].moments] == ["glacier"]

    async def test_of_two_documents_of_one_video_the_later_counts(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "volcano"), video("a", "glacier")])
        assert ids(await engine.search(ask("volcano"))) == []
        assert ids(await engine.search(ask("glacier"))) == ["a"]

    async def test_deleted_videos_are_gone_and_the_others_stay(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "volcano"), video("b", "volcano"), video("c", "volcano")])
        await engine.delete(["a", "c", "never there"])
        page = await engine.search(ask("volcano"))
        assert (ids(page), page.total) == (["b"], 1)

    async def test_clear_forgets_everything(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "volcano")])
        await engine.clear()
        assert await engine.search(ask("volcano")) == SearchPage()
        await engine.index([video("b", "volcano")])
        assert ids(await engine.search(ask("volcano"))) == ["b"]

    async def test_a_rebuild_leaves_exactly_what_it_was_given(self, engine: SearchEngine) -> None:
        await engine.index([video("old", "volcano"), video("kept", "volcano")])
        assert await engine.rebuild(stream([video("kept", "volcano lava"), video("new", "volcano")])) == 2
        assert set(ids(await engine.search(ask("volcano")))) == {"kept", "new"}
        assert ids(await engine.search(ask("lava"))) == ["kept"]

    async def test_what_changes_during_a_rebuild_is_not_lost(self, engine: SearchEngine) -> None:
        await engine.index([video(name, "volcano") for name in ("changed", "deleted", "same")])

        async def documents() -> AsyncIterator[VideoDocument]:
            yield video("same", "volcano")
            assert len(ids(await engine.search(ask("volcano")))) == 3
            await engine.index([video("changed", "glacier"), video("added", "volcano")])
            await engine.delete(["deleted"])
            yield video("changed", "volcano")
            yield video("deleted", "volcano")

        await engine.rebuild(documents())
        assert set(ids(await engine.search(ask("volcano")))) == {"same", "added"}
        assert ids(await engine.search(ask("glacier"))) == ["changed"]

    async def test_a_rebuild_that_fails_changes_nothing(self, engine: SearchEngine) -> None:
        await engine.index([video("a", "volcano")])

        async def documents() -> AsyncIterator[VideoDocument]:
            yield video("b", "volcano")
            raise ConnectionError("the database went away")

        with pytest.raises(ConnectionError):
            await engine.rebuild(documents())
        assert ids(await engine.search(ask("volcano"))) == ["a"]
        await engine.index([video("c", "volcano")])
        assert set(ids(await engine.search(ask("volcano")))) == {"a", "c"}
