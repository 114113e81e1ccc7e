"""Runs in a pod: does DSS answer at the address that pods have for it? Standard library only, Python 3.6 and later.

Arguments: a JSON object with `host`, `port`, `protocol` (http or https) and `timeout_seconds`, and the file that takes
the report beside the output. The report has one JSON object in each line. It exits with 0 whatever it found, and with 1
where the report cannot be written, after which Kubernetes takes the output for it.
"""

# ruff: noqa: T201, PTH123 - the output is what it is for, and it stays small

import errno
import http.client
import json
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from typing import Any

PATH = "/dip/publicapi/projects/"
# What Linux makes of an answer that a host or a firewall forbids the packet, and of a rule on the way out:
# https://github.com/torvalds/linux/blob/master/net/ipv4/icmp.c (icmp_err_convert) and ../ipv6/icmp.c (tab_unreach).
REJECTIONS = (errno.EHOSTUNREACH, errno.EACCES, errno.EPERM)
FAMILIES = (("IPv4", socket.AF_INET), ("IPv6", socket.AF_INET6))


def outcome_of(error: Exception) -> str:
    """One word for what the network did."""
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)):
        return "reset"
    if isinstance(error, OSError):
        return "rejected" if error.errno in REJECTIONS else "unreachable"
    return "odd"


def resolve(host: str, port: int) -> "tuple[dict[str, Any], dict[int, str]]":
    """Find the addresses of a host: the line of the report, and the first address by family."""
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return {"check": "resolve", "outcome": "failed", "error": str(error)}, {}
    addresses = {}  # type: dict[int, str]
    for family, _, _, _, address in found:
        addresses.setdefault(family, str(address[0]))
    return {"check": "resolve", "outcome": "ok", "addresses": sorted({each[4][0] for each in found})[:8]}, addresses


def connect(family: int, address: str, port: int, timeout: float) -> "tuple[str, str]":
    """Open a connection and close it: one word for what became of it, and the words of the system."""
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect((address, port))
    except OSError as error:
        return outcome_of(error), str(error)
    finally:
        connection.close()
    return "ok", ""


def connection_to(protocol: str, address: str, port: int, timeout: float) -> http.client.HTTPConnection:
    """Prepare to speak HTTP."""
    if protocol != "https":
        return http.client.HTTPConnection(address, port, timeout=timeout)
    # The backend has a certificate of its own making, and nothing that it is told is a secret.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(address, port, timeout=timeout, context=context)


def ask(target: "dict[str, Any]", address: str, port: int, timeout: float) -> "dict[str, Any]":
    """Ask DSS something over HTTP."""
    host = f"[{target['host']}]" if ":" in target["host"] else target["host"]
    connection = connection_to(target.get("protocol", "http"), address, port, timeout)
    try:
        connection.request("GET", PATH, headers={"Host": f"{host}:{port}", "Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(4096).decode("utf-8", "replace")
    except ssl.SSLError as error:
        return {"outcome": "odd", "error": str(error)}
    except OSError as error:
        return {"outcome": outcome_of(error), "error": str(error)}
    except http.client.HTTPException as error:
        return {"outcome": "odd", "error": repr(error)[:200]}
    finally:
        connection.close()
    # DSS answers whoever has no key with an error of its own kind.
    dss = any(name.lower().startswith("dss-") for name, _ in answer.getheaders()) or '"errorType"' in body
    return {"outcome": "ok", "status": answer.status, "server": (answer.getheader("Server") or "")[:80], "dss": dss}


def checks(target: "dict[str, Any]") -> "Iterator[dict[str, Any]]":
    """Try each step of the way, as far as the one before it allows."""
    host, port, timeout = str(target["host"]), int(target["port"]), float(target["timeout_seconds"])
    started = time.time()
    resolved, addresses = resolve(host, port)
    resolved["seconds"] = round(time.time() - started, 3)
    yield resolved
    open_at = ""
    for name, family in FAMILIES:
        result = {"check": "tcp", "family": name, "outcome": "none"}  # type: dict[str, Any]
        if family in addresses:
            started = time.time()
            result["address"] = addresses[family]
            result["outcome"], result["error"] = connect(family, addresses[family], port, timeout)
            result["seconds"] = round(time.time() - started, 3)
            if result["outcome"] == "ok":
                open_at = open_at or addresses[family]
        yield result
    if open_at:
        started = time.time()
        result = dict(ask(target, open_at, port, timeout), check="http", address=open_at)
        result["seconds"] = round(time.time() - started, 3)
        yield result


def main(arguments: "list[str]") -> int:
    """Try them all, and report; the exit code."""
    lines = []
    for check in checks(json.loads(arguments[0])):
        lines.append(json.dumps(check, sort_keys=True))
        print(lines[-1], flush=True)
    try:
        with open(arguments[1], "w") as report:
            report.write("\n".join(lines) + "\n")
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
