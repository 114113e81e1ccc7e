import pytest

from sandbox.gcp.projects import Project, Projects, read_projects


@pytest.fixture
def projects():
    return Projects([Project("first", "111111111111"), Project("second", "222222222222")])


@pytest.mark.parametrize("key", ["second", "222222222222"])
def test_finds_a_project_by_id_or_number(projects, key):
    assert projects.find(key) == Project("second", "222222222222")


def test_finds_nothing_for_an_unknown_id(projects):
    assert projects.find("third") is None


def test_reads_an_id_with_its_number():
    assert Project.parse("a-project=123") == Project("a-project", "123")


def test_projects_without_numbers_get_different_ones():
    made = {Project.parse(f"project-{position}", position).number for position in range(3)}
    assert len(made) == 3
    assert all(len(number) == 12 and number.isdigit() for number in made)


@pytest.mark.parametrize("text", ["", "=1", "a=b", "two words", "a/b", "Upper", "a=١"])
def test_refuses_what_is_no_project(text):
    with pytest.raises(ValueError, match="neither ID nor ID=NUMBER"):
        Project.parse(text)


def test_the_default_project_can_be_given_another_number():
    assert read_projects(["sandbox-project=1", "other=123456789012"])[0].number == "1"


@pytest.mark.parametrize("texts", [["one=7", "two=7"], ["other=123456789012"]])
def test_refuses_two_projects_of_one_number(texts):
    with pytest.raises(ValueError, match="have the same number"):
        read_projects(texts)
