"""Which DSS this is: an id that stays the same across restarts and differs between installations."""

from __future__ import annotations

import configparser
import hashlib
import logging
import os
import socket
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)


def install_id(environment: Mapping[str, str] = os.environ) -> str:
    """Return the id of this installation of DSS.

    It is ``[general] installid`` of ``install.ini`` in DSS's data directory; without it, a hash of that directory's
    path and of the host's name, which are as steady as the installation itself.

    Args:
        environment: Where ``DIP_HOME``, the data directory, is looked up.
    """
    home = environment.get("DIP_HOME", "")
    if home:
        # No interpolation: the other values of the file may well have a % of their own.
        settings = configparser.ConfigParser(interpolation=None)
        path = Path(home) / "install.ini"
        try:
            settings.read(path, encoding="utf-8")
            found = settings.get("general", "installid", fallback="").strip()
        except (configparser.Error, OSError, UnicodeDecodeError) as error:
            logger.warning("%s cannot be read (%s); clusters are marked with a hash instead", path, error)
        else:
            if found:
                return found
    return hashlib.sha256(f"{home}\n{socket.gethostname()}".encode()).hexdigest()[:16]
