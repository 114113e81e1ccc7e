from __future__ import annotations

import base64
import re

from gke_clusters.errors import MetadataServerError
from gke_clusters.reports.iam_role import Command, IamRole, render_iam_role


def test_the_file_can_be_downloaded_as_it_is():
    text = "title: é\nincludedPermissions:\n- a.b.c # 1 % 2\n"

    page = render_iam_role(IamRole("role.yaml", text, 1, ()))

    [encoded] = re.findall(r'<a href="data:application/yaml;charset=utf-8;base64,([^"]+)" download="role.yaml">', page)
    assert base64.b64decode(encoded).decode() == text


def test_shows_the_commands_and_what_kept_them_from_being_complete():
    page = render_iam_role(
        IamRole("f", "t", 3, (Command("Do:", "gcloud x"),), ("Wait.",), (MetadataServerError("It is silent."),))
    )

    assert "<pre>gcloud x</pre>" in page
    assert "<li>Wait.</li>" in page
    assert "It is silent." in page
    assert "the 3 permissions" in page


def test_is_valid_and_escapes_whatever_comes_from_outside(require_valid, hostile):
    failure = MetadataServerError(hostile, resource=hostile, verbatim=hostile, remedy=hostile)

    require_valid(
        render_iam_role(IamRole(hostile, hostile, 1, (Command(hostile, hostile),), (hostile,), (failure, failure)))
    )
