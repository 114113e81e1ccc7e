"""The base images of a DSS installation: their kinds and the names that DSS gives them.

https://doc.dataiku.com/dss/latest/containers/custom-base-images.html
"""

from dataclasses import dataclass

KINDS = {"container-exec": "EXEC", "spark": "SPARK", "cde": "CDE"}
"""What `dssadmin build-base-image --type` builds, and the `baseImageType` of the settings that asks for it."""


@dataclass(frozen=True)
class BaseImages:
    """Names base images.

    Attributes:
        install_id: of the DSS installation.
        release: the full version number of DSS.
    """

    install_id: str
    release: str

    def name(self, base_image_type: str) -> str:
        """Return the default name of a kind, given as the settings do; an unknown kind is containerized execution."""
        kind = base_image_type.lower() if base_image_type in KINDS.values() else "exec"
        return f"dku-{kind}-base-{self.install_id.lower()}:dss-{self.release}"
