import pytest


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=20, help="how many seeded rounds of killing the crash suite plays")


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"
