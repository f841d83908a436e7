from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.storage import HOUR, SECRET, PartUploadsContract, StorageContract, stream

from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.engines.storage.whole import read_bytes


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "objects", secret=SECRET)


@pytest.fixture
def uploads(tmp_path):
    return LocalPartUploads(tmp_path / "objects", secret=SECRET)


class TestLocalStorage(StorageContract):
    async def get(self, storage, url):
        address = urlsplit(url)
        _, media, token, key = address.path.split("/", 3)
        download_as = parse_qs(address.query).get("download", [None])[0]
        assert media == "media"
        assert storage.verify(token, key, download_as=download_as)
        assert storage.local_path(key).read_bytes() == await read_bytes(storage, key)
        return await read_bytes(storage, key)


class TestLocalPartUploads(PartUploadsContract):
    async def put_part(self, uploads, upload_id, number, data):
        token, *path = uploads.part_url(upload_id, number, expires_in=HOUR).removeprefix("/uploads/parts/").split("/")
        assert path == [upload_id, str(number)]
        assert uploads.verify(token, upload_id, number)
        return await uploads.write_part(upload_id, number, stream(data))
