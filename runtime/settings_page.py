"""`python -m runtime.settings_page`: writes docs/settings.md from the settings themselves. Reads no environment."""

from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from runtime.settings import Settings

SETTINGS_PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

_HEAD = """# Settings

Written by `make docs` from `runtime/settings.py`; do not edit the table by hand. Every process reads these variables
once, when it starts. A wrong value ends the process with the name of the variable.

| variable | default | meaning |
|---|---|---|
"""

_TAIL = """
Where S3 and SQS are comes from botocore's own variables: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`,
`AWS_ENDPOINT_URL_SQS`, `AWS_REGION`, `AWS_ACCESS_KEY_ID` and the rest. `plumbline up` sets them for its children and
hides those of the person who started it.

Where the machine is comes from AWS's variables too: `AWS_EC2_METADATA_SERVICE_ENDPOINT` (or `…_ENDPOINT_MODE`), whose
spot notices end a worker in order, unless `AWS_EC2_METADATA_DISABLED` is `true`; and `ECS_AGENT_URI`, which ECS sets.

## Traces

Spans are exported only where the extra is installed (`plumbline[otel]`) and OpenTelemetry's own variables name a
receiver; without, its library is not loaded.

| variable | meaning |
|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | where spans go, by OTLP over HTTP; turns it on |
| `OTEL_EXPORTER_OTLP_HEADERS`, `…_TIMEOUT`, `…_CERTIFICATE` | how they get there |
| `OTEL_TRACES_SAMPLER_ARG` | share of traces in [0, 1], 1 by default; the same traces in every process |
| `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | what the process is called; `plumbline-<process>` by default |
| `OTEL_SDK_DISABLED` | `true` turns it off |

## Read by commands, not by services

| variable | read by | meaning |
|---|---|---|
| `PLUMBLINE_DATABASE_URL` | `plumbline up` | administrator of a PostgreSQL (CREATEROLE, CREATEDB) to use instead |
| `PLUMBLINE_STATE_DIR` | `plumbline` | where the embedded stack keeps its state; `.plumbline` in the clone by default |
| `PLUMBLINE_API_PORT`, `PLUMBLINE_SEGMENT_PORT` | `plumbline up` | exactly this port; by default a free one |
| `PLUMBLINE_TOKEN` | every command that asks the API | the API token of the member who asks |
| `PLUMBLINE_API_URL` | the same | an API elsewhere; by default that of the running stack |
| `PLUMBLINE_OWNER_DATABASE_URL` | `alembic` | where migrations run, as the role `plumbline_owner` |
| `PLUMBLINE_TEST_DATABASE_URL` | the tests | an administrator's URL: test on this server instead of a new one |
"""


def render_settings() -> str:
    """Return the page."""
    prefix = Settings.model_config.get("env_prefix", "")
    rows = [
        f"| `{prefix}{name.upper()}` | {_default(field)} | {_escape(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    ]
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def _escape(text: str) -> str:
    return text.replace("<", "\\<").replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.default_factory_takes_validated_data:
        return "from others"
    if field.default_factory is not None:
        return "made at each start"
    if field.default is PydanticUndefined:
        return "required"
    return "none" if field.default is None else f"`{field.default}`"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(render_settings(), encoding="utf-8")
