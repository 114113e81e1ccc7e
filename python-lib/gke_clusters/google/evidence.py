"""What Google says of a failure, and how a rule recognises which failure it is. The rules themselves live elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Final, TypeVar

from gke_clusters.errors import GkeClustersError

# Google's codes inside its prose: "Current errors: [GCE_STOCKOUT]: Instance 'x' creation failed".
_CODE_IN_TEXT: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_ZONE: Final = re.compile(r"(?P<region>[a-z]+-[a-z]+\d+)-[a-z]$")

Failure = TypeVar("Failure", bound=GkeClustersError)


class Rank(IntEnum):
    """How telling a rule is: a cause of a failure, or a remark that Google makes beside any failure."""

    CAUSE = 0
    REMARK = 1


class _Match(IntEnum):
    CODE = 0
    TEXT = 1


@dataclass(frozen=True)
class Evidence:
    """One thing that Google says.

    Attributes:
        text: Its words.
        codes: Its reasons and codes, such as ``IAM_PERMISSION_DENIED`` or ``GCE_STOCKOUT``, and the names of
            permissions that it says are missing.
        metadata: What it says beside a reason, by name.
        details: All details of an error, as JSON.
    """

    text: str
    codes: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    details: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def all_codes(self) -> frozenset[str]:
        """The codes, those in the text as well."""
        return self.codes | frozenset(_CODE_IN_TEXT.findall(self.text))


@dataclass(frozen=True)
class Scene:
    """Where a failure happened.

    Attributes:
        lead: What did not work, as the beginning of a sentence: ``Google refused to create the cluster``.
        resource: What was acted upon.
        project: Project id.
        location: Zone or region; empty if none is concerned.
        verbatim: Everything that Google says.
        identity: Whom Google sees; empty if that is not known.
        evidence: All that Google says, in its order.
    """

    lead: str
    resource: str
    project: str
    location: str
    verbatim: str
    identity: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def zone(self) -> str:
        """The zone; empty where the location is a region, or unknown."""
        return self.location if _ZONE.match(self.location) else ""

    @property
    def region(self) -> str:
        """The region, also where the location is a zone."""
        found = _ZONE.match(self.location)
        return found["region"] if found else self.location

    def failure(self, kind: type[Failure], explanation: str, remedy: str | None = None) -> Failure:
        """Make a failure that happened here.

        Args:
            kind: Its class.
            explanation: Why, as the end of the sentence that :attr:`lead` begins, without a full stop.
            remedy: What to do; the advice of the class if None.
        """
        return kind(f"{self.lead}: {explanation}.", resource=self.resource, verbatim=self.verbatim, remedy=remedy)


@dataclass(frozen=True)
class Rule:
    """How one failure is recognised: by codes, else by words; and what is then made of it.

    Attributes:
        diagnose: Makes the failure, from what was recognised and where it happened.
        codes: Any of them means it.
        text: Words that mean it.
        rank: How telling it is.
    """

    diagnose: Callable[[Evidence, Scene], GkeClustersError]
    codes: frozenset[str] = frozenset()
    text: re.Pattern[str] | None = None
    rank: Rank = Rank.CAUSE

    def match(self, evidence: Evidence) -> int | None:
        """Tell how it recognises a failure, the better the lower; None if it does not."""
        if not self.codes.isdisjoint(evidence.all_codes):
            return _Match.CODE
        return _Match.TEXT if self.text and self.text.search(evidence.text) else None


def recognise(rules: Iterable[Rule], scene: Scene) -> GkeClustersError | None:
    """Choose the failure that the evidence of a scene means.

    Of several, a cause wins over a remark, a code over words, what Google says first over what it says later, and an
    earlier rule over a later one. None where no rule knows any of it.
    """
    found = [
        (rule.rank, match, position, order, rule, evidence)
        for position, evidence in enumerate(scene.evidence)
        for order, rule in enumerate(rules)
        if (match := rule.match(evidence)) is not None
    ]
    if not found:
        return None
    *_, rule, evidence = min(found, key=lambda each: each[:4])
    return rule.diagnose(evidence, scene)
