"""Calls to the backend that are no part of the public API."""

import os


def backend_url():
    """Return the address of the backend."""
    return "http://{}:{}".format(os.environ.get("DKU_BACKEND_HOST", "127.0.0.1"), os.environ["DKU_BACKEND_PORT"])


def backend_json_call(path, data=None, err_msg=None):
    """Post form data to an internal call and return the JSON answer.

    Raises:
        Exception: the backend refuses or fails.
    """
    import requests  # noqa: PLC0415 - most processes never call

    answer = requests.post(
        f"{backend_url()}/dip/api/tintercom/{path}",
        data=data or {},
        headers={"X-DKU-APITicket": os.environ["DKU_API_TICKET"]},
        timeout=60,
    )
    if answer.status_code >= 400:
        try:
            reason = answer.json().get("detailedMessage", answer.text)
        except ValueError:
            reason = answer.text
        raise Exception(f"{err_msg or 'Call to the backend failed'}: {reason}")  # noqa: TRY002 - DSS raises this
    return answer.json() if answer.text else None
