"""The routes of accounts."""

from fastapi import APIRouter

from reelscribe.accounts import authentication, users

router = APIRouter()
router.include_router(authentication.router)
router.include_router(users.router)
