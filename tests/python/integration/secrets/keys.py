"""Service account keys as they are given, damaged and disguised."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def given(key: str, **more: str) -> dict[str, str]:
    return {"credentialsMode": "service-account-key", "serviceAccountKey": key, **more}


def damaged(key: Mapping[str, str]) -> dict[str, str]:
    """The key with one line of the private key lost, as a careless paste loses one."""
    lines = key["private_key"].splitlines()
    return {**key, "private_key": "\n".join([*lines[:4], *lines[5:]]) + "\n"}


def unknown_to_google(key: Mapping[str, str]) -> dict[str, str]:
    """The key as it would be after Google has forgotten it."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {**key, "private_key": private.decode()}


def disguises(key: Mapping[str, str], token: str) -> dict[str, str]:
    """What an administrator may paste into a wrong field."""
    return {
        "key file": json.dumps(key),
        "indented key file": json.dumps(key, indent=2),
        "private key": key["private_key"],
        "private key on one line": key["private_key"].replace("\n", " "),
        "private key of JSON": json.dumps(key["private_key"]),
        "token": token,
        "key file in base64": base64.b64encode(json.dumps(key).encode()).decode(),
    }
