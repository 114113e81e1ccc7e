"""What the report of a pod means: which step of the way to DSS failed, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.reports.diagnosis import Part, Tone

Check = Mapping[str, Any]

EXT_HOST: Final = (
    "Name the DSS host as pods see it, in bin/env-site.sh of the data directory of DSS: export"
    " DKU_BACKEND_EXT_HOST=HOST ; then restart DSS. An internal IP address always does."
    "\nhttps://doc.dataiku.com/dss/latest/containers/troubleshooting.html"
)
_OUTCOMES: Final = {
    "ok": "connected",
    "timeout": "no answer",
    "refused": "refused",
    "reset": "cut off",
    "unreachable": "no route",
    "none": "no address",
}
_PROXY: Final = (
    "Something else listens there, such as a proxy or another program: check the host and the port that pods are told,"
    " and that nothing stands between them and the backend of DSS."
)


@dataclass(frozen=True)
class Verdict:
    """How it is, what to do, and whether a firewall rule may be missing."""

    tone: Tone
    words: str
    remedy: str = ""
    firewall: bool = False


def parts_of(checks: Sequence[Check]) -> list[Part]:
    """Show each check.

    Args:
        checks: The lines of the report.
    """
    parts = []
    tcp = _all(checks, "tcp")
    for check in _all(checks, "resolve"):
        if check.get("outcome") == "ok":
            found = ", ".join(map(str, check.get("addresses") or ()))
            parts.append(Part("Name resolution", Tone.GOOD, f"It gives {found}."))
        else:
            parts.append(Part("Name resolution", Tone.BAD, f"It gives no address: {check.get('error')}."))
    connected = any(each.get("outcome") == "ok" for each in tcp)
    parts.extend(_tcp_part(check, connected=connected) for check in tcp)
    for check in _all(checks, "http"):
        facts = (
            ("Status", str(check.get("status", "none"))),
            ("Server", str(check.get("server") or "does not say")),
            ("Time", _seconds(check)),
        )
        if check.get("outcome") != "ok":
            words = f"There is no answer: {check.get('error') or check.get('outcome')}."
            parts.append(Part("HTTP", Tone.BAD, words))
        elif check.get("dss"):
            parts.append(Part("HTTP", Tone.GOOD, "DSS answers.", facts))
        else:
            parts.append(Part("HTTP", Tone.WARNING, "Something answers that does not look like DSS.", facts))
    return parts


def verdict_of(checks: Sequence[Check], host: str, port: int) -> Verdict:
    """Judge the whole way.

    Args:
        checks: The lines of the report.
        host: Of DSS, as pods were told.
        port: Of its backend.
    """
    if any(each.get("outcome") != "ok" for each in _all(checks, "resolve")):
        words = f"Pods cannot resolve {host}."
        return Verdict(
            Tone.BAD,
            words,
            f"{EXT_HOST}\nOr let the DNS of the cluster know the name: a private zone of Cloud DNS for its network.",
        )
    outcomes = [str(each.get("outcome")) for each in _all(checks, "tcp") if each.get("outcome") != "none"]
    if "ok" not in outcomes:
        return _unconnected(outcomes, host, port)
    http = next(iter(_all(checks, "http")), {})
    if http.get("outcome") != "ok":
        return Verdict(Tone.BAD, f"{host}:{port} takes connections and does not speak HTTP.", _PROXY)
    if not http.get("dss"):
        return Verdict(Tone.WARNING, f"What answers at {host}:{port} does not look like DSS.", _PROXY)
    return Verdict(Tone.GOOD, "Pods of the cluster reach DSS.")


def _unconnected(outcomes: Sequence[str], host: str, port: int) -> Verdict:
    place = f"{host}:{port}"
    if "refused" in outcomes:
        return Verdict(
            Tone.BAD,
            f"The host refuses connections to {place}: the packets arrive, and nothing listens there.",
            "If the address is the pod's own (127.0.0.1), or another machine's, correct it. "
            f"{EXT_HOST}\nElse check that DSS runs and listens on that port, and a firewall on the host itself.",
        )
    if "reset" in outcomes:
        return Verdict(Tone.BAD, f"Connections to {place} are cut off.", _PROXY)
    if "timeout" in outcomes:
        return Verdict(
            Tone.BAD,
            f"Packets to {place} get no answer: most likely a firewall drops them.",
            "Allow the addresses of the pods in with the rule below. If there is such a rule already: look at network"
            " policies of the namespace, egress rules of the network of the nodes, and the firewall of the host.",
            firewall=True,
        )
    return Verdict(
        Tone.BAD,
        f"There is no route from pods to {place}.",
        "The networks of the cluster and of DSS need a peering, a VPN or the like, which carries the ranges of the"
        " pods; then allow their addresses in with the rule below.",
        firewall=True,
    )


def _tcp_part(check: Check, *, connected: bool) -> Part:
    outcome = str(check.get("outcome"))
    title = f"TCP over {check.get('family')}"
    if outcome == "none":
        return Part(title, Tone.INFO, "DSS has no address of that kind for pods, which is no problem by itself.")
    words = _OUTCOMES.get(outcome, outcome)
    facts = (("Address", str(check.get("address"))), ("Result", words), ("Time", _seconds(check)))
    if outcome == "ok":
        return Part(title, Tone.GOOD, "The port is open.", facts)
    said = f"The port is not open: {check.get('error') or words}."
    # Programs try one address after the other, so that one that works is enough, if slowly.
    return Part(title, Tone.WARNING if connected else Tone.BAD, said, facts)


def _all(checks: Sequence[Check], kind: str) -> list[Check]:
    return [check for check in checks if check.get("check") == kind]


def _seconds(check: Check) -> str:
    seconds = check.get("seconds")
    return f"{seconds * 1000:.0f} ms" if isinstance(seconds, int | float) else "not measured"
