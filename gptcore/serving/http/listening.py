"""Runs the application on a port until a signal ends it; open requests are finished first."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.applications import Starlette

BACKLOG = 2048  # connections that the system keeps while the server is busy


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: An address of this machine.
        port: 0 for any free one.

    Raises:
        OSError: If the port is in use or not allowed; the message has the way out.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(
            f"The server cannot listen on {host} port {port} ({error.strerror}). Stop what uses "
            f"it, or choose another: --port {port + 1}; --port 0 takes any free one."
        ) from None
    return listener


def serve(app: Starlette, listener: socket.socket, drain_seconds: int) -> None:
    """Answer requests until SIGTERM or Ctrl-C.

    Args:
        app: The application.
        listener: From `bind`.
        drain_seconds: How long open requests may take to end after the signal.

    Raises:
        SystemExit: With code 0 after SIGTERM.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)  # uvicorn has drained, and sends itself the signal again

    signal.signal(signal.SIGTERM, end)
    config = uvicorn.Config(
        app, log_level="warning", timeout_graceful_shutdown=drain_seconds, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[listener])
