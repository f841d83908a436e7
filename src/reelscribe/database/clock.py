"""The database's own clock, so that leases hold while the machines' clocks differ."""

from datetime import datetime

from sqlalchemy import ColumnElement, Function, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from reelscribe.database.base import UtcDateTime


class _FromNow(Function[datetime]):
    """The database's time plus a number of seconds."""

    inherit_cache = True

    def __init__(self, seconds: float) -> None:
        super().__init__("from_now", literal(float(seconds)), type_=UtcDateTime())


@compiles(_FromNow, "sqlite")
def _sqlite(element: _FromNow, compiler: SQLCompiler, **kw: object) -> str:
    seconds = compiler.process(element.clauses, **kw)
    # The text form that SQLAlchemy itself stores, microseconds included, so that the values compare as text.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%+.3f seconds', {seconds}))"


@compiles(_FromNow, "postgresql")
def _postgresql(element: _FromNow, compiler: SQLCompiler, **kw: object) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


def from_now(seconds: float = 0.0) -> ColumnElement[datetime]:
    """A SQL expression: the database's present time plus `seconds`."""
    return _FromNow(seconds)
