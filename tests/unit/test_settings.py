import re
from pathlib import Path

import pytest
from pydantic import AliasChoices, ValidationError

from reelscribe.settings import Settings

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
OF_THE_SYSTEM = {"XDG_CONFIG_HOME"}


def variables(model=Settings):
    for field in model.model_fields.values():
        alias = field.validation_alias
        if alias is None:
            yield from variables(field.default_factory)
        else:
            yield from alias.choices if isinstance(alias, AliasChoices) else [alias]


def test_every_variable_is_documented():
    told = set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", OPERATIONS.read_text()))
    assert set(variables()) - told - OF_THE_SYSTEM == set()


def test_nothing_need_be_set(monkeypatch):
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    settings = Settings()
    assert (settings.http.api_port, settings.http.summarizer_beside_api) == (8080, 8081)
    assert settings.distributed.chosen == []


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("PORT", "")
    assert Settings().http.api_port == 8080


def test_ports_follow_each_other(monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    assert Settings().http.summarizer_beside_api == 9001
    monkeypatch.setenv("SUMMARIZER_PORT", "9500")
    assert Settings().http.summarizer_beside_api == 9500


@pytest.mark.parametrize(("name", "value"), [("PORT", "70000"), ("JWT_EXPIRY", "soon"), ("SIGNUP", "maybe")])
def test_nonsense_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_secrets_are_not_printed(monkeypatch):
    monkeypatch.setenv("JWT_SECRET", "hunter2hunter2")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    assert "hunter2" not in repr(Settings())


def test_engines_that_are_not_there_are_named(monkeypatch):
    monkeypatch.setenv("DB_HOST", "db")
    monkeypatch.setenv("KAFKA_BROKERS", "k:9092")
    assert Settings().distributed.chosen == ["DB_HOST", "KAFKA_BROKERS"]
