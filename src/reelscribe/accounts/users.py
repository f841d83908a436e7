"""Routes of one's own account, and whether an address is taken."""

from fastapi import APIRouter
from sqlalchemy import exists, select

from reelscribe.accounts import limits, profile, removal
from reelscribe.accounts.context import AccountContext, Context
from reelscribe.accounts.dependencies import Account, CurrentAccount
from reelscribe.accounts.models import User
from reelscribe.accounts.schemas import CheckEmailRequest, Exists, ProfileChange, UserOut
from reelscribe.database.http import ReadSession
from reelscribe.problems import FieldError, Forbidden, Unprocessable, responses

router = APIRouter(prefix="/users", tags=["accounts"])


@router.get("/me", operation_id="getMe", summary="Your account", responses=responses(401))
async def get_me(account: CurrentAccount, session: ReadSession) -> UserOut:
    """The account behind the token."""
    return UserOut.model_validate(await profile.find(session, account.id))


@router.patch(
    "/me",
    operation_id="changeMe",
    summary="Change your name, address or password",
    responses=responses(401, 403, 409, 422, 429),
)
async def change_me(account: CurrentAccount, body: ProfileChange, context: AccountContext) -> UserOut:
    """A new address or password needs `current_password`. A new password ends every token, this one too."""
    if body.email is not None or body.password is not None:
        await _prove(context, account, body.current_password)
    password_hash = await context.passwords.hash(body.password) if body.password is not None else None
    if body.email is not None:
        await context.emails.add(body.email)
    async with context.database.write() as session:
        user = await profile.find(session, account.id)
        await profile.change(
            session, user, context.belongings, name=body.name, email=body.email, password_hash=password_hash
        )
    if body.email is not None:
        await context.emails.add(body.email)
    return UserOut.model_validate(user)


@router.delete(
    "/me",
    status_code=204,
    operation_id="deleteMe",
    summary="Delete your account and all your videos",
    responses=responses(401, 409),
)
async def delete_me(account: CurrentAccount, context: AccountContext) -> None:
    """Everything goes: rows at once, bytes and search documents within moments. Not for the last administrator."""
    async with context.database.write() as session:
        after_commit = await removal.remove(session, account.id, context.belongings)
    await after_commit()


@router.post(
    "/check-email",
    operation_id="checkEmail",
    summary="Is an address taken?",
    responses=responses(422, 429),
)
async def check_email(body: CheckEmailRequest, context: AccountContext) -> Exists:
    """A Bloom filter answers first; the table is asked only when it says maybe."""
    await context.limit_client("check-email", limits.CHECKS_AN_ATTEMPT)
    if not await context.emails.may_hold(body.email):
        return Exists(exists=False)
    async with context.database.read() as session:
        return Exists(exists=bool(await session.scalar(select(exists().where(User.email == body.email)))))


async def _prove(context: Context, account: Account, password: str | None) -> None:
    """Raises unless this is the account's password: a token alone must not take an account over."""
    if password is None:
        missing = FieldError(field="body.current_password", message="needed for this change", code="missing")
        raise Unprocessable("Not valid: body.current_password.", errors=[missing])
    await context.limit_account("login", account.email)
    async with context.database.read() as session:
        user = await profile.find(session, account.id)
    if not await context.passwords.verify(password, user.password_hash):
        raise Forbidden("The current password is wrong.")
