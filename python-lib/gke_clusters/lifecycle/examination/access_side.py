"""How DSS reaches the control plane of a cluster, and what it may do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gke_clusters.kube.access import AccessReview
from gke_clusters.kube.endpoint_trial import EndpointTrial
from gke_clusters.kube.helper_trial import HelperTrial
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone

_SLOW_SECONDS: Final = 3.0


def helper_part(trial: HelperTrial, identity: str) -> Part:
    """Show that the credential helper gives a token.

    Args:
        trial: What became of it.
        identity: Whom Google sees by the credentials of the connection; empty if that is not known.
    """
    title = "Credential helper"
    if trial.helper is None:
        return Part(title, Tone.INFO, "The kubeconfig brings credentials of its own and runs no helper.")
    slow = trial.seconds > _SLOW_SECONDS
    facts = (
        ("Command", " ".join((trial.helper.command, *trial.helper.args))),
        ("Credentials", trial.source or "not said"),
        ("Identity of the connection", identity or "not known"),
        ("Time", f"{trial.seconds:.2f} s"),
    )
    advice = Advice(
        Tone.WARNING,
        f"The credential helper took {trial.seconds:.1f} s, and kubectl waits for it.",
        "Check how the DSS host reaches the metadata server and Google's token service (proxy, DNS).",
    )
    return Part(
        title,
        Tone.WARNING if slow else Tone.GOOD,
        f"It gives a token, as kubectl needs it, in {trial.seconds:.2f} s.",
        facts,
        advice=(advice,) if slow else (),
    )


def api_part(version: str, server: str) -> Part:
    """Show that the API server answers at the address that DSS uses."""
    facts = (("Address in the kubeconfig of DSS", server), ("Version", version))
    return Part("Kubernetes API", Tone.GOOD, "It answers at the address that DSS uses.", facts)


def endpoints_part(trials: Sequence[EndpointTrial], server: str) -> Part:
    """Show which endpoints of the control plane answer from here.

    Args:
        trials: One for each kind.
        server: The address that DSS uses.
    """
    rows = tuple(_endpoint(trial, server) for trial in trials)
    answering = [trial for trial in trials if trial.answers]
    used = [trial for trial in trials if trial.server and trial.server == server]
    advice: list[Advice] = []
    tone = Tone.GOOD if answering else Tone.BAD
    if server and not used:
        tone = Tone.WARNING
        advice.append(
            Advice(
                tone,
                f"DSS uses {server}, which is not an endpoint of the cluster (any more).",
                "Start or attach the cluster again in DSS: that writes the kubeconfig anew.",
            )
        )
    # Without its address it is not known whether the one that DSS uses answers.
    if server and answering and not any(trial.answers for trial in used):
        tone = Tone.BAD if used else tone
        kind = "DNS" if answering[0].kind == "dns" else answering[0].kind
        advice.append(
            Advice(
                tone,
                f"The {kind} endpoint answers from here, and the one that DSS uses does not.",
                "Choose it as the control plane endpoint in the form of the cluster, then attach or start it again.",
            )
        )
    dns = next((trial for trial in trials if trial.kind == "dns" and not trial.server), None)
    if dns and dns.failure and not answering:
        what = (
            "No endpoint answers from here. The DNS endpoint, which is off, would need no route to the control plane."
        )
        advice.append(Advice(Tone.INFO, what, dns.failure.remedy))
    kinds = ", ".join("DNS" if trial.kind == "dns" else trial.kind for trial in answering) or "none"
    table = Table(("Endpoint", "Address", "From here", "Time", "DSS uses it", "Why"), rows)
    return Part("Control plane endpoints", tone, f"Answering from the DSS host: {kinds}.", (), table, tuple(advice))


def _endpoint(trial: EndpointTrial, server: str) -> tuple[str | Cell, ...]:
    if not trial.server:
        state = Cell("off", Tone.INFO)
    elif not trial.answers:
        state = Cell("no answer", Tone.WARNING)
    else:
        state = Cell("refuses" if trial.failure else "answers", Tone.WARNING if trial.failure else Tone.GOOD)
    why = ""
    if trial.failure:
        why = " ".join(filter(None, (trial.failure.cause, trial.failure.verbatim if trial.server else "")))
    return (
        "DNS" if trial.kind == "dns" else trial.kind,
        trial.server,
        state,
        f"{trial.seconds * 1000:.0f}\N{NO-BREAK SPACE}ms" if trial.server else "",
        "yes" if trial.server and trial.server == server else "",
        why,
    )


def access_part(review: AccessReview) -> Part:
    """Show what of DSS's needs the identity may not do."""
    title = "Access that DSS needs"
    if not review.missing:
        return Part(title, Tone.GOOD, "The identity may do in the cluster all that DSS needs.")
    tone = Tone.BAD if review.essential_missing else Tone.WARNING
    rows = tuple(
        (each.purpose, Cell(str(each.attributes), Tone.BAD if each.essential else Tone.WARNING), each.permission)
        for each in review.missing
    )
    words = "Containerized execution cannot work" if review.essential_missing else "Some features cannot work"
    what = f"{words}: the identity lacks {len(rows)} of the rights that DSS uses in the cluster."
    table = Table(("What for", "Not allowed", "Permission"), rows)
    return Part(title, tone, what, (), table, (Advice(tone, what, review.remedy),))
