"""A stand-in for the `dataiku` package of DSS: the few parts that cluster plugins use."""

import os


def api_client():
    """Return a client of the instance that this process belongs to, with the rights of who started it.

    Outside an instance it reads `DKU_DSS_URL` and `DKU_API_KEY`.
    """
    import dataikuapi  # noqa: PLC0415 - it takes a second and most processes never call

    from dataiku.core import intercom  # noqa: PLC0415 - the same

    ticket = os.environ.get("DKU_API_TICKET")
    if ticket:
        return dataikuapi.DSSClient(intercom.backend_url(), internal_ticket=ticket)
    if "DKU_DSS_URL" not in os.environ:
        raise RuntimeError("this process does not belong to a DSS instance: DKU_DSS_URL and DKU_API_KEY are not set")
    return dataikuapi.DSSClient(os.environ["DKU_DSS_URL"], os.environ["DKU_API_KEY"])
