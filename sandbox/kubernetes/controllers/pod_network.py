"""Runs a program as if in a pod whose network reaches this machine's loopback and nothing else.

Arguments: the program's file and its arguments. Names other than localhost have no address; packets to any other
address are lost, as behind a firewall, except that nobody waits for them.
"""

import ipaddress
import runpy
import socket
import sys
from typing import Any

_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _connect_inside(self: socket.socket, address: Any) -> None:
    if not _is_loopback(str(address[0])):
        raise TimeoutError("timed out")
    _connect(self, address)


def _resolve_inside(host: Any, *arguments: Any, **named: Any) -> Any:
    if host != "localhost" and not _is_address(str(host)):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _getaddrinfo(host, *arguments, **named)


if __name__ == "__main__":
    socket.socket.connect = _connect_inside  # type: ignore[assignment,method-assign]  # the whole point
    socket.getaddrinfo = _resolve_inside
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
