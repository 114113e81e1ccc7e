"""What holds for all tests: hypothesis sets no time limits, which a machine that is busy otherwise would exceed."""

from hypothesis import HealthCheck, settings

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
