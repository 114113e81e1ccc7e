"""The commands: login, logout, push, tag, version, info, and those about local images.

https://docs.docker.com/reference/cli/docker/
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.dss.images.docker.config_file import ConfigError, ConfigFile, Login
from sandbox.dss.images.docker.local_images import LocalImage, LocalImages, NoSuchImageError, with_tag
from sandbox.dss.images.docker.registry_client import RegistryClient, RegistryRefusedError
from sandbox.dss.images.docker.templates import rendered

VERSION = "28.2.2"
_BUILD = "e6534b4"


class _CommandError(Exception):
    """The command cannot be done; the message is what Docker prints."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: the folder of the local images, then what `docker` was called with.
    """
    images, *words = arguments
    if words == ["--version"]:
        _say(f"Docker version {VERSION}, build {_BUILD}")
        return 0
    options = _parser().parse_args(words)
    run: Callable[[argparse.Namespace, LocalImages, ConfigFile], None] = options.run
    try:
        run(options, LocalImages(Path(images)), ConfigFile.of_environment(options.config))
    except NoSuchImageError as error:
        return _fail(f"Error response from daemon: No such image: {error}")
    except (_CommandError, ConfigError) as error:
        return _fail(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="docker", description="A stand-in for Docker's command line.")
    parser.add_argument("--config", metavar="DIR")
    commands = parser.add_subparsers(dest="command", required=True)
    login = commands.add_parser("login")
    login.add_argument("-u", "--username", required=True)
    login.add_argument("-p", "--password")
    login.add_argument("--password-stdin", action="store_true")
    login.add_argument("server", nargs="?", default="docker.io")
    login.set_defaults(run=_login)
    logout = commands.add_parser("logout")
    logout.add_argument("server", nargs="?", default="docker.io")
    logout.set_defaults(run=_logout)
    push = commands.add_parser("push")
    push.add_argument("-q", "--quiet", action="store_true")
    push.add_argument("name")
    push.set_defaults(run=_push)
    for name, run in (("version", _version), ("info", _info)):
        told = commands.add_parser(name)
        told.add_argument("-f", "--format")
        told.set_defaults(run=run)
    _add_image_commands(commands, {"list": "images", "remove": "rmi", "tag": "tag"})
    image = commands.add_parser("image").add_subparsers(required=True)
    _add_image_commands(image, {"list": "ls", "remove": "rm", "tag": "tag", "inspect": "inspect"})
    return parser


def _add_image_commands(commands: Any, names: dict[str, str]) -> None:
    """Add the commands about local images under the names that they have here."""
    listing = commands.add_parser(names["list"])
    listing.add_argument("--format", default="{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}")
    listing.add_argument("-q", "--quiet", action="store_true")
    listing.add_argument("repository", nargs="?")
    listing.set_defaults(run=_list)
    removing = commands.add_parser(names["remove"])
    removing.add_argument("-f", "--force", action="store_true")
    removing.add_argument("names", nargs="+")
    removing.set_defaults(run=_remove)
    tagging = commands.add_parser(names["tag"])
    tagging.add_argument("source")
    tagging.add_argument("name")
    tagging.set_defaults(run=_tag)
    if "inspect" in names:
        inspecting = commands.add_parser(names["inspect"])
        inspecting.add_argument("-f", "--format")
        inspecting.add_argument("names", nargs="+")
        inspecting.set_defaults(run=_inspect)


def _login(options: argparse.Namespace, _images: LocalImages, config: ConfigFile) -> None:
    if options.password_stdin:
        if options.password:
            raise _CommandError("--password and --password-stdin are mutually exclusive")
        password = sys.stdin.read().rstrip("\r\n")
    elif options.password:
        _warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
        password = options.password
    else:
        raise _CommandError("Error: Cannot perform an interactive login from a non TTY device")
    host, login = _host(options.server), Login(options.username, password)
    try:
        RegistryClient(host, login).check()
    except RegistryRefusedError as error:
        raise _CommandError(f'Error response from daemon: Get "http://{host}/v2/": {error}') from error
    except OSError as error:
        raise _CommandError(f'Error response from daemon: Get "http://{host}/v2/": {error}') from error
    if config.keep(host, login):
        _warn(f"\nWARNING! Your credentials are stored unencrypted in '{config.path}'.")
    _say("Login Succeeded")


def _logout(options: argparse.Namespace, _images: LocalImages, config: ConfigFile) -> None:
    host = _host(options.server)
    _say(f"Removing login credentials for {host}" if config.forget(host) else f"Not logged in to {host}")


def _push(options: argparse.Namespace, images: LocalImages, config: ConfigFile) -> None:
    host, separator, _ = options.name.partition("/")
    if not separator or not (":" in host or "." in host or host == "localhost"):
        raise _CommandError("denied: requested access to the resource is denied")
    repository = options.name if ":" not in options.name.rpartition("/")[2] else options.name.rpartition(":")[0]
    _say(f"The push refers to repository [{repository}]")
    try:
        image = images.get(options.name)
    except NoSuchImageError:
        raise _CommandError(f"An image does not exist locally with the tag: {repository}") from None
    name = image.repository.partition("/")[2]
    content = image.content
    try:
        digest = RegistryClient(host, config.login(host)).push(name, image.tag, content)
    except RegistryRefusedError as error:
        raise _CommandError(str(error)) from error
    except OSError as error:
        raise _CommandError(f'Get "http://{host}/v2/": {error}') from error
    _say(f"{image.tag}: digest: {digest} size: {len(content.manifest())}")


def _tag(options: argparse.Namespace, images: LocalImages, _config: ConfigFile) -> None:
    images.tag(options.source, options.name)


def _remove(options: argparse.Namespace, images: LocalImages, _config: ConfigFile) -> None:
    for name in options.names:
        images.remove(name)
        _say(f"Untagged: {name}")


def _list(options: argparse.Namespace, images: LocalImages, _config: ConfigFile) -> None:
    for image in images:
        if options.repository in (None, image.repository, image.name):
            described = _described(image)
            row = {
                "Repository": image.repository,
                "Tag": image.tag,
                "ID": described["Id"].removeprefix("sha256:")[:12],
                "CreatedAt": described["Created"],
                "Size": f"{described['Size']}B",
            }
            _say(row["ID"] if options.quiet else rendered(options.format, row))


def _inspect(options: argparse.Namespace, images: LocalImages, _config: ConfigFile) -> None:
    known = {image.name: _described(image) for image in images}
    found = [known[with_tag(name)] for name in options.names if with_tag(name) in known]
    if options.format:
        for described in found:
            _say(rendered(options.format, described))
    else:
        _say(json.dumps(found, indent=4))
    for name in options.names:
        if with_tag(name) not in known:
            raise NoSuchImageError(name)


def _version(options: argparse.Namespace, _images: LocalImages, _config: ConfigFile) -> None:
    side = {"Version": VERSION, "ApiVersion": "1.50", "GitCommit": _BUILD, "Os": "linux", "Arch": "amd64"}
    if options.format:
        _say(rendered(options.format, {"Client": side, "Server": side}))
    else:
        _say(f"Client:\n Version:           {VERSION}\n\nServer:\n Engine:\n  Version:          {VERSION}")


def _info(options: argparse.Namespace, images: LocalImages, _config: ConfigFile) -> None:
    told = {"ServerVersion": VERSION, "Images": len(list(images)), "OSType": "linux", "Architecture": "x86_64"}
    if options.format:
        _say(rendered(options.format, told))
    else:
        _say(f"Server:\n Images: {told['Images']}\n Server Version: {VERSION}\n OSType: linux")


def _described(image: LocalImage) -> dict[str, Any]:
    content = image.content
    created = datetime.fromtimestamp(image.built_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Id": content.image_id,
        "RepoTags": [image.name],
        "RepoDigests": [],
        "Created": created,
        "Architecture": "amd64",
        "Os": "linux",
        "Size": len(content.layer),
    }


def _host(server: str) -> str:
    return urlsplit(server).netloc if "://" in server else server.partition("/")[0]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a command


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is a command


def _fail(text: str) -> int:
    _warn(text)
    return 1
