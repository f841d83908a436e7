"""Transcripts for tests of text: a real meeting's manner of speech, told by hand, with times."""

from collections.abc import Iterable
from functools import cache

from reelscribe.engines.embedding import MiniLMEmbedder
from reelscribe.models import find_embedding
from reelscribe.text.transcript import Segment, Transcript, Word

SECONDS_A_WORD = 0.4
SUBJECTS = ("harbour", "kitchen", "orchestra", "railway", "hospital", "garden", "library", "satellite", "bakery")


def spoken(text: str, *, start: float = 0.0, number: int = 0, pace: float = SECONDS_A_WORD) -> Segment:
    """A segment whose words have times, as Whisper gives them: each with its leading space."""
    words = [
        Word(start + index * pace, start + (index + 1) * pace, f" {word}") for index, word in enumerate(text.split())
    ]
    return Segment(number, start, words[-1].end if words else start, text, tuple(words))


def transcript(*texts: str, language: str | None = "en", gap: float = 0.0) -> Transcript:
    """Segments one after the other, `gap` seconds apart."""
    segments: list[Segment] = []
    for number, text in enumerate(texts):
        start = segments[-1].end + gap if segments else 0.0
        segments.append(spoken(text, start=start, number=number))
    return Transcript(language, segments[-1].end if segments else 0.0, tuple(segments))


def long_transcript(words: int) -> Transcript:
    """A transcript of so many words: sentences of 12 about a subject that changes every 3,000."""
    return Transcript("en", words * SECONDS_A_WORD, tuple(_long_segments(words)))


def _long_segments(words: int) -> Iterable[Segment]:
    for number in range(words // 13):
        subject = SUBJECTS[number * 13 // 3000 % len(SUBJECTS)]
        detail = f"detail{number % 40}"
        text = f"The {subject} team explains {detail} and how the {subject} plan number {number} works."
        yield spoken(text, start=number * 13 * SECONDS_A_WORD, number=number)


@cache
def embedder() -> MiniLMEmbedder:
    """The real embedder, out of the wheels that carry its files; loaded once for all tests."""
    files = find_embedding(None)
    assert files is not None, "the offline-models extra is not installed"
    return MiniLMEmbedder(*files.read())


@cache
def talk(name: str = "water") -> Transcript:
    """A talk of some seven minutes in four parts, told as people tell: with greetings, questions and fillers."""
    return transcript(*(" ".join(sentence.split()) for sentence in TALKS[name].strip().split("\n") if sentence))


TALKS = {
    "water": """
Good morning everybody, can you all hear me in the back of the room?
Today I want to tell you how the city of Rotterdam keeps the water of the sea and of the river out of its streets.
We will look at the storm surge barrier first, then at the water squares, at the green roofs, and at what it costs.
So, the barrier.
The barrier stands at the mouth of the river and closes when the sea is expected to rise three metres above its level.
Each of the two arms of the barrier is as long as the Eiffel Tower is high, and floats on the water while it moves.
A computer decides when the barrier closes, because people under stress would take the decision too late or too early.
Um, you know, it is really quite big.
Engineers test the barrier every year in September, before the season of storms begins, and thousands come to watch.
When the barrier is closed the river cannot flow out to the sea, so the water behind the barrier rises by the hour.
Does anybody know how often it had to close because of a storm?
The barrier has closed for a real storm only a few times since the queen opened it in the spring of that year.
If the sea goes on rising, the barrier will have to close several times a year, and the harbour will lose money.
Okay, so that was that.
Now let us turn to the rain, which comes from above and not from the sea, and which the barrier cannot stop.
A water square is a playground in dry weather and a basin in wet weather, three steps below the level of the street.
The largest water square holds the rain of the whole quarter until the sewers have room for the water again.
Children play basketball at the bottom of the square, and when it rains heavily they watch the water come in.
The square was designed together with the pupils of the school beside it, who wanted places to sit and to skate.
Before the water square was built, the cellars of the houses around the playground were flooded in every wet summer.
Steel gutters lead the rain from the roofs around into the square, wide enough to be used by skaters on dry days.
You see?
After a shower the water of the square is led to the ground, where it feeds the trees of the quarter in dry months.
Let me go on with the roofs.
Green roofs keep the first millimetres of every shower in their soil and give them back to the air on warm days.
The city pays a part of the price of a green roof, because each roof makes the sewers of the street a bit smaller.
A roof with moss and sedum is light enough for old buildings, while a roof with grass and shrubs needs strong walls.
On the roof of an office near the station farmers grow vegetables, keep bees and sell the honey to the restaurants.
Plants on a roof live longer than tar, since the soil keeps the sun and the frost away from the layers below.
Right.
Finally, what does all of this cost, and who pays the bill for it in the end?
The water board raises a tax from every household and every company, and spends the money on dikes and pumps alone.
The budget of the city for squares and roofs is small beside the budget of the state for dikes and for the barrier.
Every euro spent on keeping water out saves several euros of damage, as insurers found when they compared the cities.
Economists of the university proposed to let owners pay by the paved area of their gardens, which the council refused.
The council will vote on the new budget in the autumn, and the tax of the water board will rise by four percent.
Thank you very much for your attention.
""",
    "bread": """
Hello and welcome to my kitchen, are you ready?
In this video I show you how to bake a loaf of sourdough bread with nothing but flour, water and salt.
The starter is a mixture of flour and water in which wild yeast and bacteria have been living for some weeks.
Feed the starter the evening before with fresh rye flour, so that it doubles its volume until the morning.
Weigh the flour and the water, mix them without the salt, and let the dough rest under a cloth for an hour.
Um, yeah.
Then add the starter and the salt, and fold the dough every thirty minutes until it becomes smooth and elastic.
The dough is ready when it jiggles in the bowl and when small bubbles show at its surface and along the glass.
Shape the loaf on a table with a little flour, and put it in a basket in the fridge for the whole night.
Heat the oven with an iron pot inside, score the loaf with a razor blade, and bake it under the lid at first.
Take the lid off after twenty minutes and bake on until the crust is dark, crisp and sounds hollow when knocked.
Let the bread cool down on a rack for two hours, because the crumb is still setting while the steam leaves it.
""",
}
