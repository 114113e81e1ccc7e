"""What every failure has: a cause, the resource, the answer word for word, and what to do."""

from __future__ import annotations

from typing import ClassVar

from gke_clusters.errors.secrecy import shown


class GkeClustersError(Exception):
    """Something that the administrator can act upon failed.

    Attributes:
        cause: what failed, in one line.
        resource: the Google Cloud, Kubernetes or DSS resource concerned, if there is one.
        verbatim: what Google, Kubernetes or DSS answered, unchanged, if anything.
        remedy: what to do next; the class's own advice unless a better one is given.
    """

    advice: ClassVar[str] = "Read the log of the cluster for the steps that led here."
    wordings: ClassVar[tuple[str, ...]] = ()
    """What answers say that mean this failure: those that were seen, names and numbers made up."""

    def __init__(
        self,
        cause: str,
        *,
        resource: str | None = None,
        verbatim: str | None = None,
        remedy: str | None = None,
    ) -> None:
        # What came in from outside may repeat a secret that was given in the wrong place, and parts of it get anywhere.
        self.cause = shown(" ".join(cause.split()))
        super().__init__(self.cause)
        self.resource = shown(resource) if resource else None
        self.verbatim = shown(verbatim) if verbatim else None
        self.remedy = shown(remedy) if remedy else self.advice

    def advise(self, words: str) -> None:
        """Add something to do, or to know, after what there is to do already: in a line of its own.

        What precedes it often ends with a command, which is copied to the end of its line.
        """
        self.remedy = f"{self.remedy}\n{shown(words)}"

    def rows(self) -> tuple[str, ...]:
        """What there is to say in rows beneath the cause."""
        return ()

    def __str__(self) -> str:
        lines = [self.cause, *(f"- {shown(row)}" for row in self.rows())]
        if self.resource:
            lines.append(f"Resource: {self.resource}")
        if self.verbatim:
            lines.append(f"Answer received: {self.verbatim}")
        lines.append(f"What to do: {self.remedy}")
        return "\n".join(lines)
