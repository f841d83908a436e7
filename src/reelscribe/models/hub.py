"""Weights from the Hugging Face Hub, by a pinned commit, with the Hub client's own progress bar."""

from pathlib import Path

from reelscribe.models.catalog import Published
from reelscribe.models.checksum import damaged_files
from reelscribe.models.errors import ModelDamaged

WHISPER_FILES = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
REACH_SECONDS = 5.0


def downloaded(model: Published, cache: Path, *, download: bool) -> Path | None:
    """The folder of a snapshot, checked: one that is here already, else fetched if `download`.

    None if it is not here and cannot be fetched; the Hub's own client would retry for 24 s before saying so, so one
    request tells first whether the Hub answers.

    Raises:
        ModelDamaged: what came is not what was published.
    """
    folder = _snapshot(model, None, offline=True) or _snapshot(model, cache / "hub", offline=True)
    if folder is None and download and _hub_answers():
        folder = _snapshot(model, cache / "hub", offline=False)
    if folder is not None and (bad := damaged_files(folder, model.sha256)):
        raise ModelDamaged(
            f"{', '.join(bad)} in {folder} is not the published file of {model.repository} (wrong sha256). "
            "Delete that folder; the next attempt downloads it again."
        )
    return folder


def _snapshot(model: Published, cache_dir: Path | None, *, offline: bool) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            model.repository,
            revision=model.revision,
            cache_dir=cache_dir,
            local_files_only=offline,
            allow_patterns=WHISPER_FILES,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError):
        return None
    return Path(folder) if (Path(folder) / "model.bin").exists() else None


def _hub_answers() -> bool:
    import httpx
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return False
    try:
        httpx.head(constants.ENDPOINT, timeout=REACH_SECONDS)
    except httpx.HTTPError:
        return False
    return True
