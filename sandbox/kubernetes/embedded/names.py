"""Names of objects: which are allowed for which kind, and how one is made from `generateName`.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

import re
import secrets
import uuid
from datetime import datetime, timezone

from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.statuses import Cause, invalid_value, required

_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_SERVICE = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_QUALIFIED = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
_GENERATED_LENGTH = 5
# Without vowels and look-alikes: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
_GENERATED_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_MAX_GENERATED_BASE = 58

LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SERVICE_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def now() -> str:
    """Return the present second as the API writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_uid() -> str:
    """Return a new object uid."""
    return str(uuid.uuid4())


def generate(base: str) -> str:
    """Return a name with a random ending."""
    ending = "".join(secrets.choice(_GENERATED_LETTERS) for _ in range(_GENERATED_LENGTH))
    return base[:_MAX_GENERATED_BASE] + ending


def name_causes(resource: ResourceType, name: str) -> list[Cause]:
    """Return what is wrong with an object's name."""
    field = "metadata.name"
    if not name:
        return [required(field, "name or generateName is required")]
    if resource.group == "rbac.authorization.k8s.io":
        bad = name in {".", ".."} or "/" in name or "%" in name
        return [invalid_value(field, name, "may not contain '/'" if "/" in name else "may not be '.'")] if bad else []
    if resource.key == ("", "namespaces"):
        return label_causes(field, name)
    longest, form, rule = 253, _SUBDOMAIN, SUBDOMAIN_RULE
    if resource.key == ("", "services"):
        longest, form, rule = 63, _SERVICE, _SERVICE_RULE
    if len(name) > longest:
        return [invalid_value(field, name, f"must be no more than {longest} characters")]
    return [] if form.match(name) else [invalid_value(field, name, rule)]


def label_causes(field: str, value: str) -> list[Cause]:
    """Return what is wrong with a value that must be an RFC 1123 label."""
    if len(value) > 63:
        return [invalid_value(field, value, "must be no more than 63 characters")]
    return [] if _LABEL.match(value) else [invalid_value(field, value, LABEL_RULE)]


def labels_causes(field: str, labels: dict[str, str]) -> list[Cause]:
    """Return what is wrong with a map of labels."""
    causes = _keys_causes(field, labels)
    for value in labels.values():
        if len(value) > 63:
            causes.append(invalid_value(field, value, "must be no more than 63 characters"))
        elif value and not _QUALIFIED.match(value):
            causes.append(invalid_value(field, value, _VALUE_RULE))
    return causes


def annotations_causes(field: str, annotations: dict[str, str]) -> list[Cause]:
    """Return what is wrong with a map of annotations."""
    return _keys_causes(field, annotations)


def _keys_causes(field: str, values: dict[str, str]) -> list[Cause]:
    causes = []
    for key in values:
        prefix, slash, name = key.rpartition("/")
        if slash and not _SUBDOMAIN.match(prefix.lower()):
            causes.append(invalid_value(field, key, f"prefix part {SUBDOMAIN_RULE}"))
        elif len(name) > 63:
            causes.append(invalid_value(field, key, "name part must be no more than 63 characters"))
        elif not name:
            causes.append(invalid_value(field, key, "name part must be non-empty"))
        elif not _QUALIFIED.match(name):
            causes.append(invalid_value(field, key, _KEY_RULE))
    return causes
