"""Builds the zip that DSS installs, `dist/dss-plugin-gke-clusters-<version>.zip`: one commit, the same bytes."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What DSS needs, and nothing that only developers do.
SHIPPED = (
    "plugin.json",
    "code-env",
    "parameter-sets",
    "python-clusters",
    "python-lib",
    "python-runnables",
    "resource",
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
)
# Zip knows no time before 1980; a fixed one keeps the archive reproducible.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def shipped_files() -> list[Path]:
    """Return the files of the plugin, relative to the root and sorted."""
    files: list[Path] = []
    for name in SHIPPED:
        place = ROOT / name
        files += [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return sorted(path.relative_to(ROOT) for path in files if "__pycache__" not in path.parts)


def last_commit() -> str | None:
    """Return the commit that the zip is built from, or None outside a git checkout."""
    answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None


def build(target_folder: Path) -> Path:
    """Write the zip into the folder, in place of any older one, and return its path.

    Raises:
        ValueError: a descriptor is not strict JSON.
    """
    version = json.loads((ROOT / "plugin.json").read_text())["version"]
    target_folder.mkdir(parents=True, exist_ok=True)
    for old in target_folder.glob("dss-plugin-gke-clusters-*.zip"):
        old.unlink()
    target = target_folder / f"dss-plugin-gke-clusters-{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in shipped_files():
            content = (ROOT / path).read_bytes()
            if path.suffix == ".json":
                json.loads(content)
            add(archive, str(path), content, executable=bool((ROOT / path).stat().st_mode & 0o100))
        # DSS shows where a plugin comes from when the zip says so.
        release = {"last_commit_id": last_commit()}
        add(archive, "release_info.json", json.dumps(release).encode(), executable=False)
    return target


def add(archive: zipfile.ZipFile, name: str, content: bytes, *, executable: bool) -> None:
    """Add one file with a fixed time and its mode."""
    entry = zipfile.ZipInfo(name, TIMESTAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    archive.writestr(entry, content)


def main() -> None:
    """Build into `dist`, or into the folder named on the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    target = build(folder)
    print(f"{target} ({target.stat().st_size // 1024} kB)")


if __name__ == "__main__":
    main()
