"""Runs one command: `python -m sandbox.dss.images.docker IMAGES-FOLDER COMMAND...`."""

import sys

from sandbox.dss.images.docker.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
