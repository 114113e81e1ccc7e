"""A stand-in for `dssadmin`, with the one command that makes base images.

https://doc.dataiku.com/dss/latest/containers/setup-k8s.html
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.dss.images.base_images import KINDS, BaseImages
from sandbox.dss.images.docker.local_images import LocalImages


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: the folder of the host's images, the installation's id and release, then what `dssadmin` was
            called with.
    """
    images, install_id, release, *words = arguments
    parser = argparse.ArgumentParser(prog="dssadmin", description="A stand-in for dssadmin.")
    building = parser.add_subparsers(dest="command", required=True).add_parser("build-base-image")
    building.add_argument("--type", required=True, choices=KINDS)
    building.add_argument("--tag", help="name of the image (default: DSS's own)")
    options = parser.parse_args(words)
    name = options.tag or BaseImages(install_id, release).name(KINDS[options.type])
    print(f"Built {LocalImages(Path(images)).build(name).name}")  # noqa: T201 - this is a command
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
