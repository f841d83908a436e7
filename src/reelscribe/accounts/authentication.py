"""Routes of signing up, in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select

from reelscribe.accounts import signup
from reelscribe.accounts.context import AccountContext
from reelscribe.accounts.dependencies import CurrentAccount, current_claims
from reelscribe.accounts.models import User
from reelscribe.accounts.schemas import LoginRequest, SignupRequest, Token, UserOut
from reelscribe.accounts.tokens import Claims
from reelscribe.problems import Unauthorized, responses

router = APIRouter(prefix="/auth", tags=["accounts"])

CurrentClaims = Annotated[Claims, Depends(current_claims)]
"""Beside `CurrentAccount`, which refuses requests without a token."""


@router.post(
    "/signup",
    status_code=201,
    operation_id="signUp",
    summary="Make an account",
    responses=responses(403, 409, 422, 429),
)
async def sign_up(body: SignupRequest, context: AccountContext) -> UserOut:
    """The first account is the administrator's. With `SIGNUP=closed` nobody else may sign up (403)."""
    await context.limit_client("signup")
    async with context.database.read() as session:
        await signup.refuse_when_closed(session, context.signup)
    password_hash = await context.passwords.hash(body.password)
    await context.emails.add(body.email)
    user = User(name=body.name, email=body.email, password_hash=password_hash)
    async with context.database.write() as session:
        await signup.create(session, user, context.signup)
    await context.emails.add(body.email)
    return UserOut.model_validate(user)


@router.post(
    "/login",
    operation_id="logIn",
    summary="Sign in: a token for an address and its password",
    responses=responses(401, 422, 429),
)
async def log_in(body: LoginRequest, context: AccountContext) -> Token:
    """An unknown address and a wrong password get the same 401 in the same time."""
    await context.limit_client("login")
    await context.limit_account("login", body.email)
    wanted = select(User.id, User.token_epoch, User.password_hash).where(User.email == body.email)
    async with context.database.read() as session:
        user = (await session.execute(wanted)).one_or_none()
    if not await context.passwords.verify(body.password, user.password_hash if user else None) or user is None:
        raise Unauthorized("The address or the password is wrong.")
    return Token(access_token=context.tokens.issue(user.id, user.token_epoch), expires_in=context.tokens.expiry)


@router.post(
    "/logout",
    status_code=204,
    operation_id="logOut",
    summary="Sign out: revoke this token at once",
    responses=responses(401),
)
async def log_out(_account: CurrentAccount, claims: CurrentClaims, context: AccountContext) -> None:
    """From the answer on, the token gets 401 everywhere."""
    await context.memory.revoke(claims.token_id, claims.expires_at)
