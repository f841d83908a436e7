"""Who may see which video: the one place that says it, as SQL that every query adds.

private: its owner. internal: everyone signed in. unlisted: anyone who has its id. public: anyone.
The administrator sees all. Until its bytes are here, a video is its owner's alone.
"""

from sqlalchemy import ColumnElement, and_, or_, true

from reelscribe.accounts.dependencies import Account
from reelscribe.engines.search import Viewer
from reelscribe.videos.models import Status, Video, Visibility


def viewer_of(account: Account | None) -> Viewer:
    """Who asks, reduced to what decides."""
    return Viewer() if account is None else Viewer(account.id, account.is_admin)


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The videos that `viewer` may open, knowing their ids."""
    return _owned_or(viewer, (Visibility.UNLISTED, *_listed(viewer)))


def may_find(viewer: Viewer) -> ColumnElement[bool]:
    """The videos that lists and searches may tell `viewer` of: an unlisted one only its owner."""
    return _owned_or(viewer, _listed(viewer))


def findable_slices(viewer: Viewer, user_id: int | None = None) -> list[ColumnElement[bool]]:
    """`may_find`, cut into conditions that each fix `visibility`, so that an index can serve each in the list's order.

    They may overlap: whoever joins them must drop doubles. With `user_id`, only that user's videos.
    """
    if viewer.is_admin:
        return [_of(user_id, Video.visibility == visibility) for visibility in Visibility]
    slices: list[ColumnElement[bool]] = []
    if user_id != viewer.user_id or user_id is None:
        slices += [_of(user_id, Video.visibility == visibility, _has_arrived()) for visibility in _listed(viewer)]
    if viewer.user_id is not None and user_id in (None, viewer.user_id):
        slices += [_of(viewer.user_id, Video.visibility == visibility) for visibility in Visibility]
    return slices


def _listed(viewer: Viewer) -> tuple[Visibility, ...]:
    return (Visibility.PUBLIC,) if viewer.user_id is None else (Visibility.PUBLIC, Visibility.INTERNAL)


def _owned_or(viewer: Viewer, opened: tuple[Visibility, ...]) -> ColumnElement[bool]:
    if viewer.is_admin:
        return true()
    others = and_(Video.visibility.in_(opened), _has_arrived())
    return others if viewer.user_id is None else or_(others, Video.user_id == viewer.user_id)


def _has_arrived() -> ColumnElement[bool]:
    return Video.status != Status.UPLOADING


def _of(user_id: int | None, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(*conditions) if user_id is None else and_(Video.user_id == user_id, *conditions)
