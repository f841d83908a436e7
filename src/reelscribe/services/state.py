"""What wiring hands to the services."""

from dataclasses import dataclass, field, fields

from fastapi import FastAPI

from reelscribe.accounts.passwords import Passwords
from reelscribe.accounts.tokens import Tokens
from reelscribe.database.session import Database
from reelscribe.engines.doorbell import Doorbell
from reelscribe.engines.memory import SharedMemory
from reelscribe.engines.search import SearchEngine
from reelscribe.engines.storage import ObjectStorage, PartUploads
from reelscribe.settings import Settings
from reelscribe.text.ports import Embedder
from reelscribe.videos.owned import OwnedVideos
from reelscribe.videos.renderings import Renderings


@dataclass(frozen=True, slots=True)
class ApiState:
    """Everything that routes find, under these names, on `request.app.state`."""

    settings: Settings
    secret: str = field(repr=False)
    database: Database
    memory: SharedMemory
    tokens: Tokens
    passwords: Passwords
    storage: ObjectStorage
    parts: PartUploads
    search: SearchEngine
    embedder: Embedder | None
    doorbell: Doorbell

    def put_on(self, app: FastAPI) -> None:
        """Put each part on `app.state`, and what follows an account's changes."""
        for part in fields(self):
            setattr(app.state, part.name, getattr(self, part.name))
        app.state.renderings = Renderings()
        app.state.belongings = OwnedVideos(self.parts, self.settings.staging_dir)
