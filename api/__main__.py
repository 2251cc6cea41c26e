"""The API process: `python -m api`."""

import sys
from contextlib import suppress

from runtime.names import check_import_names

STARTUP_FAILED = 3


def main() -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that are under way."""
    check_import_names()
    # Only now, so that a package that took one of our names is named instead of failing somewhere in these imports.
    from api.app import create_app  # noqa: PLC0415
    from api.server import Server  # noqa: PLC0415
    from runtime.logs import configure_logging  # noqa: PLC0415
    from runtime.settings import load_settings  # noqa: PLC0415
    from runtime.span_export import export_spans  # noqa: PLC0415

    settings = load_settings()
    configure_logging(format=settings.log_format, level=settings.log_level, process="api")
    export_spans(process="api")
    server = Server(create_app(settings), host=settings.api_host, port=settings.api_port)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILED)


if __name__ == "__main__":
    main()
