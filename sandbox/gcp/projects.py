"""The Google Cloud projects that exist in a sandbox, each known by its id and by its number."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DEFAULT_PROJECT_ID = "sandbox-project"
DEFAULT_PROJECT_NUMBER = "123456789012"


@dataclass(frozen=True)
class Project:
    """A project.

    Attributes:
        id: such as `sandbox-project`.
        number: twelve digits, as text.
    """

    id: str
    number: str

    @classmethod
    def parse(cls, text: str, position: int = 0) -> "Project":
        """Read `ID` or `ID=NUMBER`; without a number, the position among the projects makes one."""
        identifier, _, number = text.partition("=")
        number = number or str(int(DEFAULT_PROJECT_NUMBER) + 1 + position)
        if not identifier or not number.isdigit():
            raise ValueError(f"{text!r} is neither ID nor ID=NUMBER")
        return cls(identifier, number)


class Projects:
    """A directory of projects.

    Args:
        projects: those that exist; the first is the DSS host's own.
    """

    def __init__(self, projects: Iterable[Project]) -> None:
        self._projects = list(projects)

    def __iter__(self) -> Iterator[Project]:
        return iter(self._projects)

    def find(self, id_or_number: str) -> Project | None:
        """Return the project of that id or number."""
        for project in self._projects:
            if id_or_number in (project.id, project.number):
                return project
        return None
