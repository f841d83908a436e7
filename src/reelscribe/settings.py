"""Every setting, read from the environment here and nowhere else.

The names are the contract's. A setting that is empty counts as not set.
"""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024


class _Group(BaseSettings):
    """A group reads its own variables; the groups nest in `Settings`, which is one itself."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)


class HttpSettings(_Group):
    """Where the services listen and how long they wait."""

    host: str = Field("127.0.0.1", validation_alias="HOST_IP")
    port: int | None = Field(None, ge=1, le=65535, validation_alias="PORT")
    summarizer_port: int | None = Field(None, ge=1, le=65535, validation_alias="SUMMARIZER_PORT")
    public_url: str | None = Field(None, validation_alias="PUBLIC_URL", description="Base of absolute addresses.")
    forwarded_allow_ips: str | None = Field(
        None, validation_alias="FORWARDED_ALLOW_IPS", description="Proxies whose X-Forwarded-For counts."
    )
    cors_origins: str = Field("", validation_alias="CORS_ORIGINS", description="Comma-separated origins.")
    body_timeout: float = Field(30.0, gt=0, validation_alias="BODY_TIMEOUT", description="Seconds between two chunks.")

    @property
    def api_port(self) -> int:
        """The API's port."""
        return self.port or 8080

    @property
    def summarizer_beside_api(self) -> int:
        """The summarizer's port when one command runs both services."""
        return self.summarizer_port or self.api_port + 1


class AccountSettings(_Group):
    """Accounts, tokens and their limits."""

    jwt_secret: SecretStr | None = Field(None, validation_alias="JWT_SECRET")
    jwt_expiry: int = Field(24 * 3600, ge=60, validation_alias="JWT_EXPIRY", description="Seconds a token is good for.")
    signup: Literal["open", "closed"] = Field("open", validation_alias="SIGNUP")
    attempts_per_minute: int = Field(10, ge=1, validation_alias="LOGIN_ATTEMPTS_PER_MINUTE")


class UploadSettings(_Group):
    """What may come in."""

    max_bytes: int = Field(10 * 1024 * MEBIBYTE, gt=0, validation_alias="MAX_UPLOAD_BYTES")
    quota_bytes: int = Field(500 * 1024 * MEBIBYTE, gt=0, validation_alias="USER_QUOTA_BYTES")
    part_bytes: int = Field(64 * MEBIBYTE, ge=5 * MEBIBYTE, validation_alias="UPLOAD_PART_BYTES")
    expiry: int = Field(24 * 3600, ge=60, validation_alias="UPLOAD_EXPIRY", description="Seconds until abandoned.")
    max_caption_bytes: int = Field(5 * MEBIBYTE, gt=0, validation_alias="MAX_CAPTION_BYTES")


class MediaSettings(_Group):
    """FFmpeg, and the limits on what it is given."""

    ffmpeg: Path | None = Field(None, validation_alias="FFMPEG_PATH", description="None: the one in the wheel.")
    ffprobe: Path | None = Field(None, validation_alias="FFPROBE_PATH", description="None: the one in the wheel.")
    threads: int = Field(2, ge=1, le=64, validation_alias="FFMPEG_THREADS")
    max_duration: float = Field(12 * 3600.0, gt=0, validation_alias="MAX_VIDEO_SECONDS")
    url_expiry: int = Field(6 * 3600, ge=60, validation_alias="MEDIA_URL_EXPIRY", description="Seconds.")


class DistributedSettings(_Group):
    """The variables that choose a distributed engine. This version has the embedded ones: a set variable is refused."""

    database: str | None = Field(None, validation_alias="DB_HOST")
    bus: str | None = Field(None, validation_alias="KAFKA_BROKERS")
    queue: str | None = Field(None, validation_alias="CELERY_BROKER_URL")
    memory: str | None = Field(None, validation_alias="REDIS_HOST")
    storage: str | None = Field(None, validation_alias="AWS_YOUTUBE_BUCKET")
    search: str | None = Field(None, validation_alias="ELASTICSEARCH_URL")

    @property
    def chosen(self) -> list[str]:
        """The variables that are set, by name."""
        fields = type(self).model_fields
        return [str(fields[name].validation_alias) for name, value in self if value is not None]


class SpeechSettings(_Group):
    """Speech to text."""

    model: str = Field("base", validation_alias="WHISPER_MODEL", description="base, tiny.en, or a hub's size or name.")
    device: str = Field("cpu", validation_alias="WHISPER_DEVICE")
    model_folder: Path | None = Field(None, validation_alias="WHISPER_MODEL_DIR")
    threads: int = Field(2, ge=1, le=64, validation_alias="WHISPER_THREADS")


class LanguageSettings(_Group):
    """Who writes summaries: extractive unless an OpenAI-compatible endpoint is given."""

    api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL")
    model: str = Field("gpt-4o-mini", validation_alias="OPENAI_MODEL")
    timeout: float = Field(60.0, gt=0, validation_alias="OPENAI_TIMEOUT", description="Seconds a call.")
    max_retries: int = Field(5, ge=0, validation_alias="OPENAI_MAX_RETRIES")
    price_in: float = Field(0.0, ge=0, validation_alias="OPENAI_PRICE_IN", description="USD a million tokens in.")
    price_out: float = Field(0.0, ge=0, validation_alias="OPENAI_PRICE_OUT", description="The same, out.")
    embedding_folder: Path | None = Field(None, validation_alias="EMBEDDING_MODEL_DIR")

    @property
    def is_remote(self) -> bool:
        """True where an endpoint was given."""
        return self.api_key is not None or self.base_url is not None


class JobSettings(_Group):
    """How work is leased, retried and given up."""

    lease_seconds: float = Field(30.0, gt=0, validation_alias="JOB_LEASE_SECONDS")
    max_attempts: int = Field(5, ge=1, validation_alias="JOB_MAX_ATTEMPTS")
    poll_seconds: float = Field(1.0, gt=0, validation_alias="JOB_POLL_SECONDS")
    transcoders: int | None = Field(None, ge=1, validation_alias="TRANSCODE_WORKERS", description="None: by cores.")
    transcribers: int | None = Field(None, ge=1, validation_alias="TRANSCRIBE_WORKERS")


class ClientSettings(_Group):
    """What the commands that use a running platform need: where it is, and who asks."""

    url: str | None = Field(None, validation_alias="REELSCRIBE_URL", description="None: this machine's, by PORT.")
    token: SecretStr | None = Field(None, validation_alias="REELSCRIBE_TOKEN")
    email: str | None = Field(None, validation_alias="REELSCRIBE_EMAIL")
    password: SecretStr | None = Field(None, validation_alias="REELSCRIBE_PASSWORD")
    config_home: Path = Field(Path("~/.config"), validation_alias="XDG_CONFIG_HOME")

    @property
    def tokens_folder(self) -> Path:
        """Where `reelscribe login` keeps its tokens."""
        return self.config_home.expanduser() / "reelscribe" / "tokens"


class Settings(_Group):
    """All settings of one process. Build it once, at the edge, and hand it in."""

    environment: str = Field("development", validation_alias=AliasChoices("APP_ENV", "NODE_ENV"))
    data_dir: Path = Field(Path(".reelscribe"), validation_alias="DATA_DIR")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="LOG_LEVEL")

    http: HttpSettings = Field(default_factory=HttpSettings)
    accounts: AccountSettings = Field(default_factory=AccountSettings)
    uploads: UploadSettings = Field(default_factory=UploadSettings)
    media: MediaSettings = Field(default_factory=MediaSettings)
    distributed: DistributedSettings = Field(default_factory=DistributedSettings)
    speech: SpeechSettings = Field(default_factory=SpeechSettings)
    language: LanguageSettings = Field(default_factory=LanguageSettings)
    jobs: JobSettings = Field(default_factory=JobSettings)
    client: ClientSettings = Field(default_factory=ClientSettings)

    @property
    def objects_dir(self) -> Path:
        """The embedded object storage."""
        return self.data_dir / "objects"

    @property
    def index_dir(self) -> Path:
        """The embedded search index."""
        return self.data_dir / "index"

    @property
    def staging_dir(self) -> Path:
        """Resumable uploads as far as they have come; on the file system of `objects_dir`, so that none is copied."""
        return self.data_dir / "uploads"

    @property
    def models_dir(self) -> Path:
        """Weights that were joined or downloaded: they come again when they are removed."""
        return self.data_dir / "models"

    @property
    def scratch_dir(self) -> Path:
        """Work in progress: safe to wipe while nothing runs."""
        return self.data_dir / "scratch"

    @property
    def run_dir(self) -> Path:
        """Sockets and locks of running processes."""
        return self.data_dir / "run"


def ensure_private(folder: Path) -> Path:
    """Create a folder that only its owner may enter, and give it back."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
