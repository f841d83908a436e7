"""Where weights come from: a folder the user names, a package that carries them, the Hugging Face Hub.

Nothing is loaded here, only found and checked: the engines get a folder, or bytes, of the published sha256.
"""

from reelscribe.models.embedding import EmbeddingFiles, find_embedding
from reelscribe.models.errors import ModelDamaged, ModelError, ModelMissing
from reelscribe.models.whisper import find_whisper

__all__ = ["EmbeddingFiles", "ModelDamaged", "ModelError", "ModelMissing", "find_embedding", "find_whisper"]
