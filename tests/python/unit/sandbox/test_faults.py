import pytest

from sandbox.faults import FaultPlan, UnusableFaultError


@pytest.fixture
def plan():
    return FaultPlan()


def test_strikes_once_unless_told_otherwise(plan):
    plan.add({"service": "container", "effect": {"status": 503}})
    assert plan.take("container", "GET", "/v1/x") == {"status": 503}
    assert plan.take("container", "GET", "/v1/x") == {}


def test_strikes_only_what_matches(plan):
    plan.add({"service": "container", "method": "post", "path": "*/clusters", "effect": {"delay": 1}})
    assert plan.take("compute", "POST", "/v1/p/clusters") == {}
    assert plan.take("container", "GET", "/v1/p/clusters") == {}
    assert plan.take("container", "POST", "/v1/p/clusters/x") == {}
    assert plan.take("container", "POST", "/v1/p/clusters") == {"delay": 1}


def test_strikes_in_the_order_asked_for(plan):
    plan.add({"service": "iam", "effect": {"status": 500}, "times": 2})
    plan.add({"service": "iam", "effect": {"status": 429}})
    effects = [plan.take("iam", "GET", "/") for _ in range(4)]
    assert effects == [{"status": 500}, {"status": 500}, {"status": 429}, {}]


def test_cleared_plan_strikes_nothing(plan):
    plan.add({"service": "iam", "effect": {"status": 500}})
    plan.clear()
    assert plan.take("iam", "GET", "/") == {}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"effect": {"status": 500}}, "service"),
        ({"service": "iam"}, "effect"),
        ({"service": "iam", "effect": {}}, "effect"),
        ({"service": "iam", "effect": {"explode": 1}}, "unknown effect explode"),
        ({"service": "iam", "effect": {"status": 500}, "often": 3}, "unknown key often"),
        ({"service": "iam", "effect": {"status": 500}, "times": 0}, "times"),
        ({"service": "iam", "effect": {"status": 500}, "times": "2"}, "times"),
    ],
)
def test_refuses_what_is_no_fault(plan, wanted, why):
    with pytest.raises(UnusableFaultError, match=why):
        plan.add(wanted)
    assert plan.faults == []
