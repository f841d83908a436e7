"""A title, a description and a language mean the same when a video is uploaded and when it is edited."""

import pytest
from pydantic import ValidationError

from reelscribe.videos.schemas import VideoEdit
from reelscribe.videos.uploads.details import Details, display_name

ODD = [
    ("  two   words ", "two words"),
    ("a\r\nb\tc", "a b c"),
    ("turned \u202eround\u2069", "turned round"),
    ("nul\x00l and \x1b[31mred", "null and [31mred"),
    ("\ufeffmarked", "marked"),
    ("日本語\u2028の話", "日本語の話"),
]


@pytest.mark.parametrize(("given", "kept"), ODD)
def test_a_title_is_one_visible_line(given, kept):
    assert Details(title=given).title == VideoEdit(title=given).title == kept
    assert display_name(given) == kept


@pytest.mark.parametrize("given", ["line\r\nline", " around ", "bell\x07", "left\u202eright"])
def test_a_description_keeps_its_lines(given):
    kept = Details(description=given).description
    assert kept == VideoEdit(description=given).description
    assert kept == given.replace("\r\n", "\n").replace("\x07", "").replace("\u202e", "").strip()


@pytest.mark.parametrize(("given", "kept"), [("EN", "en"), ("pt-BR", "pt"), ("iw", "he"), ("nb", "no")])
def test_a_language_becomes_its_code(given, kept):
    assert Details(language=given).language == VideoEdit(language=given).language == kept


@pytest.mark.parametrize("model", [Details, VideoEdit])
@pytest.mark.parametrize(("field", "value"), [("language", "qq"), ("title", "x" * 501), ("description", "x" * 20_001)])
def test_what_is_wrong_is_named(model, field, value):
    with pytest.raises(ValidationError) as refused:
        model(**{field: value})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize("field", ["title", "description", "visibility"])
def test_an_edit_takes_nothing_away(field):
    with pytest.raises(ValidationError) as refused:
        VideoEdit(**{field: None})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
    assert VideoEdit(language=None).model_dump(exclude_unset=True) == {"language": None}
    assert "default" not in VideoEdit.model_json_schema()["properties"][field]


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_field_of_a_form_counts_as_not_given(nothing):
    details = Details(title=nothing, description=nothing, visibility=nothing, language=nothing)
    assert details == Details()
    assert details.titled("talk.mp4") == "talk.mp4"
