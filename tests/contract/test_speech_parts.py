"""The parts that let a recording of any length be heard, each beside what faster-whisper does at once."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.vad import get_speech_timestamps
from tests.support.speech import noise, samples_of, silence, write_wav

from reelscribe.engines.speech.errors import LanguageUnsupported
from reelscribe.engines.speech.features import SteadyFeatures, log_mel
from reelscribe.engines.speech.languages import whisper_code
from reelscribe.engines.speech.spoken import Spoken
from reelscribe.engines.speech.voice import BLOCK, Span, silero, speech_spans
from reelscribe.engines.speech.wav import RATE, Recording


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    parts = [silence(1.3), samples_of("two_cities.wav"), silence(4), noise(3), samples_of("beckett.wav"), silence(2.2)]
    return write_wav(tmp_path_factory.mktemp("audio") / "talk.wav", np.concatenate([*parts, samples_of("beckett.wav")]))


def whole(path):
    with Recording.open(path) as recording:
        return recording.read(0, recording.length)


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 160_000])
def test_speech_is_found_where_faster_whisper_finds_it(talk, tmp_path, cut):
    samples = whole(talk)
    shorter = write_wav(tmp_path / "shorter.wav", np.round(samples[: len(samples) - cut] * 32768))
    with Recording.open(shorter) as recording:
        spans = speech_spans(recording.blocks(BLOCK), silero())
    expected = [Span(span["start"], span["end"]) for span in get_speech_timestamps(whole(shorter))]
    assert len(spans) >= 2
    assert spans == expected


@pytest.mark.parametrize("seconds", [0.4, 59.99, 60.0, 60.01, 75.5, 121])
def test_the_spectrogram_is_that_of_the_whole(seconds):
    samples = np.tile(samples_of("two_cities.wav"), 3)[: int(seconds * RATE)].astype(np.float32) / 32768
    extractor = FeatureExtractor()
    np.testing.assert_array_equal(log_mel(extractor, samples), extractor(samples))


def test_a_quiet_piece_gets_the_floor_of_the_whole():
    samples = samples_of("two_cities.wav").astype(np.float32) / 32768
    samples[: 20 * RATE] *= 0.001
    extractor = FeatureExtractor()
    expected = extractor(samples)
    steady = SteadyFeatures(extractor, float(expected.max()))
    np.testing.assert_array_equal(steady(samples[: 20 * RATE])[:, :1990], expected[:, :1990])
    assert steady.nb_max_frames == 3000


def test_silences_are_left_out_and_times_lead_back(tmp_path):
    path = write_wav(tmp_path / "ramp.wav", np.arange(30_000))
    with Recording.open(path) as recording:
        spoken = Spoken(recording, [Span(1000, 3000), Span(10_000, 14_000)])
        assert spoken.length == 6000
        assert (spoken.read(1500, 2500) * 32768).tolist() == [*range(2500, 3000), *range(10_000, 10_500)]
        assert len(spoken.read(5900, 9000)) == 100
    assert spoken.shift(0) == 1000 / RATE
    assert spoken.shift(1999 / RATE) == 1000 / RATE
    assert spoken.shift(2000 / RATE) == 8000 / RATE


@pytest.mark.parametrize(
    ("tag", "code"), [("en", "en"), ("pt-BR", "pt"), ("zh_Hant_TW", "zh"), ("NB", "no"), ("iw", "he"), ("fil-PH", "tl")]
)
def test_language_tags_as_people_write_them(tag, code):
    assert whisper_code(tag, ["en", "pt", "zh", "no", "he", "tl"], "base") == code


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(LanguageUnsupported, match="'xx'; it knows de, en"):
        whisper_code("xx", ["en", "de"], "base")
