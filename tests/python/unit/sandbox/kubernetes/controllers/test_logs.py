import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.logs import NoSuchContainerError, container_log, excerpt

POD: Object = {
    "metadata": {"namespace": "n", "name": "p"},
    "spec": {"containers": [{"name": "main", "args": ["sleep", "9"]}, {"name": "side"}]},
}


def test_a_log_says_what_the_container_runs() -> None:
    assert container_log(POD, "main") == "container main of n/p runs sleep 9\n"
    assert container_log(POD, "side") == "container side of n/p runs its entrypoint\n"


def test_an_empty_name_means_the_first_container() -> None:
    assert "container main" in container_log(POD, "")


def test_an_unknown_container_is_named() -> None:
    with pytest.raises(NoSuchContainerError, match="container other not found in pod p_n"):
        container_log(POD, "other")


def test_an_excerpt_takes_the_last_lines_then_the_first_bytes() -> None:
    assert excerpt("one\ntwo\nthree\n", tail_lines=2) == "two\nthree\n"
    assert excerpt("one\ntwo\nthree\n", tail_lines=2, limit_bytes=3) == "two"
    assert excerpt("one\n", tail_lines=0) == ""
