"""The Google Cloud projects that exist in a sandbox, each known by its id and by its number."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

DEFAULT_PROJECT_ID = "sandbox-project"
DEFAULT_PROJECT_NUMBER = "123456789012"
# Old ids may begin with a domain and a colon; what matters here is that an id is one part of a path.
_ID = re.compile(r"[a-z0-9][a-z0-9.:-]*")
_NUMBER = re.compile(r"[0-9]+")


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
        if not _ID.fullmatch(identifier) or not _NUMBER.fullmatch(number):
            raise ValueError(f"{text!r} is neither ID nor ID=NUMBER")
        return cls(identifier, number)


def read_projects(texts: Sequence[str]) -> tuple[Project, ...]:
    """Read projects, each `ID` or `ID=NUMBER`, that can all exist beside the default one.

    Raises:
        ValueError: one cannot be read, or two have the same number.
    """
    projects = tuple(Project.parse(text, position) for position, text in enumerate(texts))
    by_number: dict[str, str] = {}
    if DEFAULT_PROJECT_ID not in [project.id for project in projects]:
        by_number[DEFAULT_PROJECT_NUMBER] = DEFAULT_PROJECT_ID
    for project in projects:
        if by_number.setdefault(project.number, project.id) != project.id:
            raise ValueError(f"{by_number[project.number]} and {project.id} have the same number {project.number}")
    return projects


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
