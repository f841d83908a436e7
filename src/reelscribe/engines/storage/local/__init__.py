"""The embedded object storage: one folder of one file system.

<root>/videos/9vXk/720p.mp4   objects, by key
<root>/.tmp/<random>          unfinished writes, each locked by its process
<root>/.parts/<upload id>/    uploads in parts (see `ledger`)
"""

from reelscribe.engines.storage.local.objects import MEDIA_ROUTE, LocalStorage
from reelscribe.engines.storage.local.uploads import PARTS_ROUTE, LocalPartUploads

__all__ = ["MEDIA_ROUTE", "PARTS_ROUTE", "LocalPartUploads", "LocalStorage"]
