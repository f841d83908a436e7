import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.speech import noise, samples_of, silence, whisper, word_error_rate, write_wav

from reelscribe.engines.speech import AudioUnreadable, LanguageUnsupported, SpeechUnavailable, TranscriptionStopped
from reelscribe.engines.speech.listen import BEAM, TEMPERATURES
from reelscribe.engines.speech.model import load
from reelscribe.engines.speech.whisper import WhisperSpeech
from reelscribe.models import find_whisper
from reelscribe.samples.script import REFERENCE_TEXT
from reelscribe.text.transcript import Transcript


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def engine(cache):
    return whisper(cache)


@pytest.fixture(scope="module")
def dickens(tmp_path_factory) -> Path:
    return write_wav(tmp_path_factory.mktemp("audio") / "dickens.wav", samples_of("two_cities.wav"))


@pytest.fixture(scope="module")
def two_readers(tmp_path_factory) -> Path:
    parts = [samples_of("two_cities.wav"), silence(3), samples_of("endgame_nagg_nell.wav")[: 12 * 16_000]]
    return write_wav(tmp_path_factory.mktemp("audio") / "two-readers.wav", np.concatenate(parts))


@pytest.fixture(scope="module")
def heard(engine, dickens):
    shares: list[float] = []
    return engine.transcribe(dickens, on_progress=shares.append), shares


def bare_words(model_folder: Path, audio: Path) -> list[tuple[str, float, float]]:
    """What faster-whisper hears by itself with the same options."""
    model = load(model_folder, "cpu", 1, "int8")
    segments, _ = model.transcribe(  # the adapter's own type leaves out what it does not use
        str(audio),
        beam_size=BEAM,
        temperature=TEMPERATURES,
        condition_on_previous_text=False,
        word_timestamps=True,
        vad_filter=True,
        language="en",
    )
    return [(w.word, round(float(w.start), 2), round(float(w.end), 2)) for s in segments for w in s.words]


def words_of(transcript: Transcript) -> list[tuple[str, float, float]]:
    return [(word.word, word.start, word.end) for word in transcript.words()]


def test_a_real_reading_is_heard_right(heard):
    transcript, _ = heard
    assert word_error_rate(REFERENCE_TEXT, transcript.text) <= 0.06
    assert transcript.duration == pytest.approx(44.374, abs=0.001)
    assert transcript.language == "en"


def test_words_go_forward_and_stay_within_the_recording(heard):
    transcript, _ = heard
    times = [time for word in transcript.words() for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= transcript.duration
    assert [segment.id for segment in transcript.segments] == list(range(len(transcript.segments)))
    for segment in transcript.segments:
        assert (segment.start, segment.end) == (segment.words[0].start, segment.words[-1].end)
        assert "".join(word.word for word in segment.words).strip() == segment.text


def test_the_transcript_survives_json(heard):
    transcript, _ = heard
    assert Transcript.from_dict(json.loads(json.dumps(transcript.to_dict()))) == transcript


def test_it_says_which_model_listened(heard):
    about = heard[0].model_info
    assert about["model"] == "tiny.en"
    assert about["sha256"] == "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
    assert about["compute_type"] == "int8"


def test_progress_rises_to_one(heard):
    _, shares = heard
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1.0


def test_no_word_differs_from_the_bare_model_whole_or_in_pieces(cache, engine, two_readers):
    bare = bare_words(find_whisper("tiny.en", None, cache), two_readers)
    assert len(bare) > 130
    assert words_of(engine.transcribe(two_readers)) == bare
    in_pieces = whisper(cache, piece_frames=4000).transcribe(two_readers)
    assert words_of(in_pieces) == bare


@pytest.mark.parametrize("samples", [silence(0), silence(0.01), silence(12), noise(12)], ids=len)
def test_nothing_said_is_an_empty_transcript(engine, tmp_path, samples):
    transcript = engine.transcribe(write_wav(tmp_path / "nothing.wav", samples))
    assert transcript.segments == ()
    assert transcript.language is None
    assert transcript.duration == pytest.approx(len(samples) / 16000)


def test_a_given_language_is_kept_where_nothing_is_said(engine, tmp_path):
    assert engine.transcribe(write_wav(tmp_path / "nothing.wav", silence(1)), language="en-GB").language == "en"


@pytest.mark.parametrize("language", ["fr", "xx", "english please"])
def test_a_language_the_model_does_not_know_is_refused(engine, dickens, language):
    with pytest.raises(LanguageUnsupported, match="English only"):
        engine.transcribe(dickens, language=language)


def test_stopping_stops_before_the_next_segment(engine, dickens):
    shares: list[float] = []
    with pytest.raises(TranscriptionStopped):
        engine.transcribe(dickens, on_progress=shares.append, should_stop=lambda: len(shares) >= 2)
    assert len(shares) == 2


def test_stopping_works_while_looking_for_speech(engine, dickens):
    with pytest.raises(TranscriptionStopped):
        engine.transcribe(dickens, should_stop=lambda: True)


def test_other_files_are_refused(engine, tmp_path):
    text = tmp_path / "a.wav"
    text.write_text("not audio")
    empty = tmp_path / "b.wav"
    empty.touch()
    stereo = write_wav(tmp_path / "c.wav", silence(1), channels=2)
    fast = write_wav(tmp_path / "d.wav", silence(1), rate=48_000)
    for path in (text, empty, stereo, fast):
        with pytest.raises(AudioUnreadable, match=path.name):
            engine.transcribe(path)


def test_a_truncated_recording_is_heard_as_far_as_it_goes(engine, dickens, tmp_path):
    cut = tmp_path / "cut.wav"
    cut.write_bytes(dickens.read_bytes()[: 44 + 2 * 16_000 * 5 + 1])
    transcript = engine.transcribe(cut)
    assert transcript.duration == pytest.approx(5.0)
    assert "best of times" in transcript.text


def test_the_model_is_found_once_and_checking_does_not_load_it(cache, tmp_path):
    short = write_wav(tmp_path / "short.wav", samples_of("clone-test.wav"))
    asked: list[str] = []

    def find() -> Path:
        asked.append("model")
        return find_whisper("tiny.en", None, cache)

    engine = WhisperSpeech(find, name="tiny.en", threads=1)
    engine.check()
    assert engine._model is None
    first = words_of(engine.transcribe(short))
    loaded = engine._model
    assert first
    assert words_of(engine.transcribe(short)) == first
    assert engine._model is loaded
    assert asked == ["model"]


def test_a_folder_that_holds_no_model_says_so(tmp_path, dickens):
    (tmp_path / "model.bin").write_bytes(b"nonsense")
    with pytest.raises(SpeechUnavailable, match="does not load"):
        WhisperSpeech(lambda: tmp_path, name="broken").transcribe(dickens)


def test_base_detects_the_language(cache, tmp_path):
    beckett = write_wav(tmp_path / "beckett.wav", samples_of("beckett.wav"))
    transcript = whisper(cache, "base").transcribe(beckett)
    assert transcript.language == "en"
    assert transcript.model_info["language_probability"] > 0.9
    assert word_error_rate("Ever tried ever failed no matter try again fail again fail better", transcript.text) == 0
