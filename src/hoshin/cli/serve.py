"""`hoshin serve`: the HTTP door on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

SUMMARY = "Serve the workspace over HTTP: every command as a route, with OpenAPI."


@click.command(short_help=SUMMARY)
@click.option("--host", default="", help="Address to listen on; default: serve.host (127.0.0.1).")
@click.option("--port", type=int, default=None, help="Port to listen on; default: serve.port (8765).")
@click.option("--console", is_flag=True, help="Print a token for this run that acts as the local user.")
@click.option("--workspace", "-w", type=click.Path(path_type=Path), help="The workspace folder.")
def serve(host: str, port: int | None, console: bool, workspace: Path | None) -> None:
    """Serve the workspace over HTTP: every command as a route, with OpenAPI at /openapi.json.

    Everyone needs a token: `hoshin access token NAME`, POST /v1/login, an OIDC provider, or `--console`.

    Example: hoshin serve --console
    """
    try:
        import uvicorn

        from hoshin.http.app import build
    except ImportError as error:
        from hoshin.errors import Unsupported

        raise Unsupported("serve.extra", f"Serving needs more: {error}.", hint="pip install 'hoshin[serve]'") from error
    from hoshin.service._workspace import open_workspace

    ws = open_workspace(workspace)
    token = "hsh_" + os.urandom(32).hex() if console else ""
    address, number = host or ws.settings.serve_host, port or ws.settings.serve_port
    print(f"hoshin serves {ws.root} at http://{address}:{number} (OpenAPI: /openapi.json)", file=sys.stderr)
    if token:
        print(f"token for this run: {token}", file=sys.stderr)
    uvicorn.run(build(ws, console=token), host=address, port=number, log_level="warning")
