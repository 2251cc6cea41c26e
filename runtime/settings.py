"""Settings of every process, read once from `PLUMBLINE_*` and passed down. Endpoints of AWS come from botocore's own
variables (`AWS_ENDPOINT_URL`, `AWS_REGION`, …)."""

import secrets

from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PLUMBLINE_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="PostgreSQL as the role plumbline_app: postgresql://user:pw@host/db")
    relay_database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL as the role plumbline_relay; only the relay process needs it"
    )
    database_pool_size: int = Field(default=8, ge=1, description="connections a process, without overflow")
    bucket: str = Field(default="plumbline", description="our own bucket; everything derived goes there")
    upload_bucket: str = Field(
        default_factory=lambda values: f"{values.get('bucket', 'plumbline')}-uploads",
        description="our bucket for pictures that people upload; <bucket>-uploads unless set",
    )
    queue_prefix: str = Field(default="plumbline", description="queues are named <prefix>-<topic>[-dead]")
    visibility_timeout_s: int = Field(default=60, ge=2, description="how long a received message stays hidden")
    max_receives: int = Field(default=5, ge=1, description="receives before a message goes to its dead-letter queue")
    drain_s: float = Field(default=25.0, ge=0, description="how long a stopping worker may finish what it has begun")
    dead_letter_interval_s: float = Field(default=5.0, gt=0, description="pause between two looks for dead letters")
    metrics_host: str = Field(default="127.0.0.1", description="the address of /metrics and /healthz of a worker")
    metrics_port: int = Field(default=0, ge=0, description="their port; 0: none. The API serves them on its own")
    api_host: str = Field(default="127.0.0.1", description="the address the API listens on")
    api_port: int = Field(default=8080, description="the port the API listens on")
    segment_host: str = Field(default="127.0.0.1", description="the address of the segment service")
    segment_port: int = Field(default=8081, description="the port of the segment service")
    segment_timeout_s: float = Field(default=10.0, description="how long the API waits for a mask")
    picture_max_px: int = Field(default=100_000_000, description="larger pictures are quarantined")
    picture_max_bytes: int = Field(default=200_000_000, description="larger objects are quarantined undownloaded")
    import_max_bytes: int = Field(default=100_000_000, description="larger label files are refused, zipped or not")
    model_max_bytes: int = Field(default=5_000_000_000, description="larger models are refused, packed or not")
    model_memory_bytes: int = Field(default=16_000_000_000, description="memory of the child that runs a model")
    model_timeout_s: float = Field(default=300.0, gt=0, description="wall clock of the validation of a model")
    model_forward_timeout_s: float = Field(default=120.0, gt=0, description="wall clock of one batch on a model")
    model_device: str = Field(default="auto", description="auto, cpu, cuda or cuda:0: where models run")
    model_threads: int = Field(default=0, ge=0, description="threads of a model's CPU work; 0: the machine's cores")
    model_batch: int = Field(default=16, ge=1, le=256, description="most pictures a batch; fewer where memory is short")
    model_batch_wait_ms: float = Field(default=20.0, ge=0, description="how long a batch waits to become full")
    model_compile: bool = Field(default=False, description="compile networks before their first batch (torch.compile)")
    models_loaded: int = Field(default=3, ge=1, description="models held at a time; the one unused longest goes first")
    model_idle_s: float = Field(default=300.0, ge=0, description="a model unused for so long is let go")
    model_cache_bytes: int = Field(default=20_000_000_000, description="disk for models' files on a worker")
    model_tile_px: int = Field(
        default=2_048, ge=256, description="pictures are tiled beyond twice a model's input, and this"
    )
    chunk_items: int = Field(default=32, ge=1, le=256, description="items of a model run that one message is about")
    decode_memory_bytes: int = Field(default=3_000_000_000, description="address space of the decoding child")
    decode_timeout_s: float = Field(default=60.0, description="wall clock of one decoding")
    thumbnail_px: int = Field(default=320, description="longest side of a thumbnail")
    state_deadline_s: float = Field(default=120.0, description="a waiting state older than this is announced again")
    state_sweep_interval_s: float = Field(default=15.0, description="pause between two passes of the state sweep")
    max_resends: int = Field(default=5, description="announcements before a stuck row is quarantined")
    reconcile_interval_s: float = Field(default=300.0, description="pause between two listings of a source")
    reconcile_backlog: int = Field(
        default=1_000, ge=0, description="messages about images that may wait before a listing does"
    )
    secret: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_hex(32)),
        description="signs links to pictures and files and makes pseudonyms; give every process the same one",
    )
    webhook_timeout_s: float = Field(default=10.0, gt=0, le=60, description="how long a receiver of events may take")
    webhook_private: bool = Field(
        default=False, description="let webhooks go over http and to private addresses; not where tenants are strangers"
    )
    password_sign_in: bool = Field(default=True, description="whether people sign in with a password kept here")
    oidc_issuer: str | None = Field(default=None, description="the OpenID provider people sign in with: its issuer URL")
    oidc_client_id: str = Field(default="", description="what the OpenID provider calls this installation")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="the secret the OpenID provider gave it")
    public_url: str | None = Field(
        default=None, description="where browsers reach this installation, such as https://labels.example.org"
    )
    oidc_name: str = Field(default="single sign-on", description="what the sign-in page calls the OpenID provider")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description='JSON list of networks whose X-Forwarded-For counts, such as ["10.0.0.0/8"]'
    )
    log_format: str = Field(default="json", pattern="^(json|console)$", description="json, or console for people")
    log_level: str = Field(default="INFO", description="the least severe level that is logged")


def load_settings() -> Settings:
    """Read the environment; raises pydantic.ValidationError that names each wrong variable."""
    return Settings()
