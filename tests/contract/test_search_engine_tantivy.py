"""The search contract on Tantivy, and what only an index shared by processes can get wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.search import SearchEngineContract

from reelscribe.engines.search.tantivy import TantivySearch


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[TantivySearch]:
    engine = TantivySearch(tmp_path / "search")
    yield engine
    await engine.close()


@pytest.mark.anyio
class TestTantivy(SearchEngineContract):
    """Every promise of the contract."""
