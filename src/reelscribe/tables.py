"""Every table of the platform, gathered for migrations and tests."""

from sqlalchemy import MetaData

from reelscribe.accounts import models as accounts
from reelscribe.database.base import Base
from reelscribe.engines.memory import models as memory
from reelscribe.events import models as events
from reelscribe.jobs import models as jobs
from reelscribe.videos import models as videos

MODULES = (accounts, events, jobs, memory, videos)


def metadata() -> MetaData:
    """The metadata with every table; importing the modules above is what fills it."""
    return Base.metadata
