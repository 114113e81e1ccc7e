"""What the report of a pod means: which step of the way to DSS failed, and what to do about it. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    "rejected": "forbidden",
    "unreachable": "no route",
    "none": "no address",
}
_PROXY: Final = (
    "Something else listens there, such as a proxy or another program: check the host and the port that pods are told,"
    " and that nothing stands between them and the backend of DSS."
)
# A VPC drops in silence what its rules deny and what it has no route for, so this was somebody else: firewalld rejects
# what a zone does not allow, which Linux calls "No route to host".
# https://firewalld.org/documentation/man-pages/firewalld.zone.html and the program in the pod for the words of Linux.
_REJECTED: Final = (
    "If firewalld runs on the DSS host, open the port there: sudo firewall-cmd --permanent --add-port={port}/tcp &&"
    " sudo firewall-cmd --reload\n"
    "Else look for a rule that rejects: of iptables, nftables or security software on the DSS host; of what joins the"
    " networks of the cluster and of DSS (a peering, a VPN, routers); of network policies on the nodes."
)
_LOOK_UP: Final = (
    "Allow the addresses of the pods in, with a rule of the network of the DSS host for tcp:{port}. Google did not tell"
    " them here: they are podIpv4CidrBlock of the node pools, or else clusterIpv4Cidr, in what this prints: gcloud"
    " container clusters describe CLUSTER --location LOCATION --project PROJECT"
)
_BUSY: Final = (
    "Look whether DSS answers elsewhere, such as in a browser, and at backend.log: it may hang, or have more to do than"
    " it can."
)


@dataclass(frozen=True)
class Verdict:
    """How it is, and what to do.

    Attributes:
        tone: How it is.
        words: The same in a sentence.
        remedy: What to do first.
        firewall: Whether a firewall rule may be missing, which is what to do next.
        otherwise: What to do if that does not help.
    """

    tone: Tone
    words: str
    remedy: str = ""
    firewall: bool = False
    otherwise: str = ""


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
    if any(each.get("outcome") == "ok" for each in _all(checks, "resolve")):
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
    place = place_of(host, str(port))
    tried = [each for each in _all(checks, "tcp") if each.get("outcome") != "none"]
    if not any(each.get("outcome") == "ok" for each in tried):
        return _unconnected(tried, host, port)
    http = next(iter(_all(checks, "http")), {})
    if http.get("outcome") == "timeout":
        return Verdict(Tone.BAD, f"{place} takes connections and gives no answer over HTTP.", _BUSY)
    if http.get("outcome") != "ok":
        return Verdict(Tone.BAD, f"{place} takes connections and does not speak HTTP.", _PROXY)
    if not http.get("dss"):
        return Verdict(Tone.WARNING, f"What answers at {place} does not look like DSS.", _PROXY)
    return Verdict(Tone.GOOD, "Pods of the cluster reach DSS.")


def advised(verdict: Verdict, port: str, *, has_rule: bool) -> Verdict:
    """Return the verdict with all that is to be done in its remedy, line by line.

    Args:
        verdict: Of the way.
        port: Of the backend.
        has_rule: Whether the page has the firewall rule.
    """
    if not verdict.firewall:
        return verdict
    allow = "Allow the addresses of the pods in with the rule below." if has_rule else _LOOK_UP.format(port=port)
    lines = (verdict.remedy, allow, verdict.otherwise)
    return replace(verdict, remedy="\n".join(filter(None, lines)), otherwise="")


def place_of(host: str, port: str) -> str:
    """Return a host and its port as they are written.

    Args:
        host: Name or address.
        port: Empty if it is not known.
    """
    if not port:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unconnected(tried: Sequence[Check], host: str, port: int) -> Verdict:
    # Pods always have IPv4 and IPv6 seldom, so what IPv4 met says more; it comes first.
    decisive: Check = next(iter(tried), {})
    place = place_of(host, str(port))
    over_ipv6 = decisive.get("family") == "IPv6"
    outcome = decisive.get("outcome")
    if outcome == "refused":
        return Verdict(
            Tone.BAD,
            f"The host refuses connections to {place}: the packets arrive, and nothing listens there.",
            "If the address is the pod's own (127.0.0.1), or another machine's, correct it. "
            f"{EXT_HOST}\nElse check that DSS runs and listens on that port, and a firewall on the host itself.",
        )
    if outcome == "reset":
        return Verdict(Tone.BAD, f"Connections to {place} are cut off.", _PROXY)
    if outcome == "rejected" and not over_ipv6:
        return Verdict(
            Tone.BAD,
            f"A firewall forbids connections to {place}: that of the DSS host itself, or one before it.",
            _REJECTED.format(port=port),
        )
    return _unanswered(decisive, host, place)


def _unanswered(decisive: Check, host: str, place: str) -> Verdict:
    if decisive.get("family") == "IPv6":
        return Verdict(
            Tone.BAD,
            f"{host} has an IPv6 address only, and pods do not reach it.",
            f"Pods have IPv6 in dual-stack clusters only. {EXT_HOST}",
        )
    if _is_public(str(decisive.get("address"))):
        # https://cloud.google.com/kubernetes-engine/docs/concepts/ip-masquerade-agent
        return Verdict(
            Tone.BAD,
            f"Packets to {place}, a public address, get no answer.",
            "On their way to public addresses pods take that of their node or of Cloud NAT, so that a firewall rule for"
            f" their own does not help. {EXT_HOST}",
        )
    if decisive.get("outcome") == "timeout":
        return Verdict(
            Tone.BAD,
            f"Packets to {place} get no answer: most likely a firewall drops them.",
            firewall=True,
            otherwise="If there is such a rule already: look at network policies of the namespace, egress rules of the"
            " network of the nodes, and the firewall of the host; and if ip-masq-agent hides pods behind their nodes,"
            " allow the subnetwork of the nodes as well.",
        )
    return Verdict(
        Tone.BAD,
        f"There is no route from pods to {place}.",
        "The networks of the cluster and of DSS need a peering, a VPN or the like, which carries the ranges of the"
        " pods.",
        firewall=True,
    )


def _tcp_part(check: Check, *, connected: bool) -> Part:
    outcome = str(check.get("outcome"))
    title = f"TCP over {check.get('family')}"
    if outcome == "none":
        return Part(title, Tone.INFO, "DSS has no address of that kind for pods, which is no problem by itself.")
    words = _OUTCOMES.get(outcome, outcome)
    facts: tuple[tuple[str, str], ...] = (("Address", str(check.get("address"))), ("Result", words))
    # How long nothing came is no finding.
    if outcome != "timeout":
        facts += (("Time", _seconds(check)),)
    if outcome == "ok":
        return Part(title, Tone.GOOD, "The port is open.", facts)
    said = f"The port is not open: {check.get('error') or words}."
    # Programs try one address after the other, so that one that works is enough, if slowly.
    return Part(title, Tone.WARNING if connected else Tone.BAD, said, facts)


def _all(checks: Sequence[Check], kind: str) -> list[Check]:
    return [check for check in checks if check.get("check") == kind]


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _seconds(check: Check) -> str:
    seconds = check.get("seconds")
    return f"{seconds * 1000:.0f} ms" if isinstance(seconds, int | float) else "not measured"
