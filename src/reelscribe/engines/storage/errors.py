"""What can go wrong with stored objects. Every message tells a person what to do."""
# ruff: noqa: N818 - each name says what happened (StorageFull), as in "except StorageFull"


class StorageError(Exception):
    """The root of every error of the object storage."""


class InvalidKey(StorageError):
    """The key is not one that this platform makes, or another object stands in its way."""


class ObjectNotFound(StorageError):
    """There is no object under this key."""


class StorageFull(StorageError):
    """There is no room for the object (HTTP 507). Nothing of it was left behind."""


class StorageUnavailable(StorageError):
    """The storage cannot be written or reached now (HTTP 503). Nothing half-written was left behind."""


class WrongSize(StorageError):
    """More or fewer bytes came than were announced. Nothing of them was left behind."""


class UploadNotFound(StorageError):
    """There is no such upload in parts: it was completed, aborted or never begun."""


class PartRefused(StorageError):
    """A part is missing, is not the one that was written, has a wrong size, or was overtaken by a newer write."""
