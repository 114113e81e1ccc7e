"""Google's services beside GKE, as their real clients and the plugin ask them."""

import json
import shutil
import subprocess
import sys
import time

import google.auth
import pytest
import requests
from google.auth import impersonated_credentials, jwt
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
FLAVOR = {"Metadata-Flavor": "Google"}

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="the Google Cloud CLI is not installed")


@pytest.fixture
def account(sandbox, unique_name):
    """A service account of this test's own: its email and its key file's content."""
    email = f"{unique_name('robot')}@sandbox-project.iam.gserviceaccount.com"
    return email, sandbox.service_account_key(email, ["compute.zones.list"])


@pytest.fixture
def metadata(sandbox):
    """Ask the metadata server for a path."""

    def ask(path, headers=FLAVOR, **how):
        return requests.get(f"http://{sandbox.metadata_host}/{path}", headers=headers, timeout=60, **how)

    return ask


class TestMetadataServer:
    def test_default_credentials_are_the_hosts(self, sandbox):
        script = (
            "import google.auth, google.auth.transport.requests as transport\n"
            f"credentials, project = google.auth.default(scopes={SCOPES})\n"
            "credentials.refresh(transport.Request())\n"
            "print(project, credentials.service_account_email, credentials.token)\n"
        )
        command = [sys.executable, "-c", script]
        shown = subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=True)
        project, email, token = shown.stdout.split()
        assert (project, email) == ("sandbox-project", sandbox.host_email)
        assert token.startswith("ya29.sandbox-")

    def test_refuses_a_request_without_the_header(self, metadata):
        answer = metadata("computeMetadata/v1/project/project-id", headers={})
        assert answer.status_code == 403
        assert answer.headers["Metadata-Flavor"] == "Google"

    def test_refuses_a_forwarded_request(self, metadata):
        headers = FLAVOR | {"X-Forwarded-For": "10.0.0.1"}
        assert metadata("computeMetadata/v1/project/project-id", headers=headers).status_code == 403

    def test_root_answers_a_probe(self, metadata):
        answer = metadata("", headers={})
        assert (answer.status_code, answer.headers["Metadata-Flavor"]) == (200, "Google")

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("project/project-id", "sandbox-project"),
            ("project/numeric-project-id", "123456789012"),
            ("instance/name", "dss-host"),
            ("instance/zone", "projects/123456789012/zones/us-central1-a"),
            ("instance/hostname", "dss-host.us-central1-a.c.sandbox-project.internal"),
            ("instance/network-interfaces/0/network", "projects/123456789012/networks/default"),
            ("instance/service-accounts/default/email", "dss-host@sandbox-project.iam.gserviceaccount.com"),
            ("instance/service-accounts/default/scopes", SCOPES[0] + "\n"),
            ("instance/service-accounts/default/aliases", "default\n"),
            ("universe/universe-domain", "googleapis.com"),
        ],
    )
    def test_values_are_plain_text(self, metadata, path, value):
        answer = metadata(f"computeMetadata/v1/{path}")
        assert (answer.status_code, answer.text) == (200, value)
        assert answer.headers["Content-Type"].startswith("application/text")
        assert answer.headers["Metadata-Flavor"] == "Google"

    def test_folder_lists_its_entries(self, metadata):
        answer = metadata("computeMetadata/v1/instance/service-accounts/")
        assert answer.text == "default/\ndss-host@sandbox-project.iam.gserviceaccount.com/\n"

    def test_folder_without_its_slash_is_redirected(self, metadata):
        answer = metadata("computeMetadata/v1/instance", allow_redirects=False)
        assert answer.status_code == 301
        assert answer.headers["Location"].endswith("/computeMetadata/v1/instance/")

    def test_folder_is_json_when_asked_recursively(self, metadata):
        answer = metadata("computeMetadata/v1/instance/service-accounts/default/?recursive=true")
        assert answer.json() == {
            "aliases": ["default"],
            "email": "dss-host@sandbox-project.iam.gserviceaccount.com",
            "scopes": SCOPES,
        }

    def test_names_are_camel_case_in_json(self, metadata):
        answer = metadata("computeMetadata/v1/?recursive=true").json()
        assert answer["project"]["numericProjectId"] == 123456789012
        assert answer["instance"]["networkInterfaces"][0]["ip"] == "10.128.0.2"
        assert "dss-host@sandbox-project.iam.gserviceaccount.com" in answer["instance"]["serviceAccounts"]

    def test_folder_can_be_recursive_text(self, metadata):
        answer = metadata("computeMetadata/v1/project/?recursive=true&alt=text")
        assert answer.text.splitlines() == ["numeric-project-id 123456789012", "project-id sandbox-project"]

    def test_a_list_in_recursive_text_is_a_line_for_each_entry(self, metadata):
        lines = metadata("computeMetadata/v1/instance/?recursive=true&alt=text").text.splitlines()
        assert "service-accounts/default/scopes https://www.googleapis.com/auth/cloud-platform" in lines
        assert "" not in lines

    def test_waiting_for_a_change_lasts_as_long_as_the_caller_says(self, metadata):
        start = time.monotonic()
        answer = metadata("computeMetadata/v1/instance/zone?wait_for_change=true&timeout_sec=0.3")
        assert time.monotonic() - start >= 0.3
        assert answer.text == "projects/123456789012/zones/us-central1-a"

    def test_waiting_for_a_change_ends_at_once_for_who_knows_another_state(self, metadata):
        etag = metadata("computeMetadata/v1/instance/zone").headers["ETag"]
        answer = metadata("computeMetadata/v1/instance/zone?wait_for_change=true&last_etag=0")
        assert answer.headers["ETag"] == etag

    def test_value_can_be_json(self, metadata):
        assert metadata("computeMetadata/v1/project/project-id?alt=json").json() == "sandbox-project"

    @pytest.mark.parametrize("path", ["computeMetadata/v1/instance/nothing", "computeMetadata/v1/a/b", "other"])
    def test_unknown_path_is_not_found(self, metadata, path):
        assert metadata(path).status_code == 404

    def test_token_says_how_long_it_lives(self, metadata):
        answer = metadata("computeMetadata/v1/instance/service-accounts/default/token").json()
        assert answer["token_type"] == "Bearer"
        # A token that was asked for before is given again for as long as it is good enough.
        assert 300 <= answer["expires_in"] < 3600

    def test_token_is_kept_until_shortly_before_its_end(self, metadata):
        path = "computeMetadata/v1/instance/service-accounts/default/token"
        assert metadata(path).json()["access_token"] == metadata(path).json()["access_token"]

    def test_identity_token_names_audience_and_account(self, metadata):
        path = "computeMetadata/v1/instance/service-accounts/default/identity"
        claims = jwt.decode(metadata(f"{path}?audience=https://dss.example").text, verify=False)
        assert claims["aud"] == "https://dss.example"
        assert claims["email"] == "dss-host@sandbox-project.iam.gserviceaccount.com"
        assert metadata(path).status_code == 400


class TestTokens:
    def test_key_becomes_a_token_of_its_account(self, sandbox, account):
        email, key = account
        credentials = service_account.Credentials.from_service_account_info(key, scopes=SCOPES)
        credentials.refresh(Request())
        answer = sandbox.call(
            f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones", token=credentials.token
        )
        assert answer.status_code == 200
        assert sandbox.requests(service="compute")[-1]["principal"] == email

    def test_token_that_an_account_signed_for_itself_is_taken(self, sandbox, account):
        email, key = account
        credentials = service_account.Credentials.from_service_account_info(key)
        signed = jwt.Credentials.from_signing_credentials(credentials, audience="https://compute.googleapis.com/")
        signed.refresh(None)
        zones = f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}/zones"
        assert sandbox.call(zones, token=signed.token.decode()).status_code == 200
        assert email in {seen["principal"] for seen in sandbox.requests(service="compute")}

    def test_token_that_another_key_signed_is_refused(self, sandbox, account, unique_name):
        other = f"{unique_name('other')}@sandbox-project.iam.gserviceaccount.com"
        stolen = account[1] | {"private_key": sandbox.service_account_key(other, [])["private_key"]}
        credentials = service_account.Credentials.from_service_account_info(stolen)
        signed = jwt.Credentials.from_signing_credentials(credentials, audience="https://compute.googleapis.com/")
        signed.refresh(None)
        zones = f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}/zones"
        assert sandbox.call(zones, token=signed.token.decode()).status_code == 401

    def test_key_of_another_account_is_refused(self, sandbox, account, unique_name):
        other = f"{unique_name('robot')}@sandbox-project.iam.gserviceaccount.com"
        stolen = account[1] | {"private_key": sandbox.service_account_key(other, [])["private_key"]}
        credentials = service_account.Credentials.from_service_account_info(stolen, scopes=SCOPES)
        with pytest.raises(google.auth.exceptions.RefreshError, match=r"Invalid JWT Signature\."):
            credentials.refresh(Request())

    def test_key_of_an_unknown_account_is_refused(self, account):
        key = account[1] | {"client_email": "nobody@sandbox-project.iam.gserviceaccount.com"}
        credentials = service_account.Credentials.from_service_account_info(key, scopes=SCOPES)
        with pytest.raises(google.auth.exceptions.RefreshError, match="account not found"):
            credentials.refresh(Request())

    @pytest.mark.parametrize(
        ("claims", "error", "description"),
        [
            ({"aud": "https://elsewhere.example/token"}, "invalid_grant", "audience"),
            ({"iat": 1000, "exp": 4600}, "invalid_grant", "reasonable timeframe"),
            ({"exp": 99999999999}, "invalid_grant", "short-lived token"),
            ({"scope": ""}, "invalid_scope", "Invalid OAuth scope"),
        ],
        ids=["audience", "long ago", "too long", "no scope"],
    )
    def test_assertion_is_checked(self, account, claims, error, description):
        email, key = account
        signer = google.auth.crypt.RSASigner.from_service_account_info(key)
        now = int(time.time())
        good = {"iss": email, "aud": key["token_uri"], "iat": now, "exp": now + 3600, "scope": SCOPES[0]}
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt.encode(signer, good | claims).decode(),
        }
        answer = requests.post(key["token_uri"], data=form, timeout=60)
        assert answer.status_code == 400
        assert answer.json()["error"] == error
        assert description in answer.json()["error_description"]

    @pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "e30.e30.e30", "W10.W10.W10", "{}"])
    def test_what_is_no_assertion_is_refused(self, account, assertion):
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        answer = requests.post(account[1]["token_uri"], data=form, timeout=60)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    def test_unknown_grant_is_refused(self, account):
        answer = requests.post(account[1]["token_uri"], data={"grant_type": "password"}, timeout=60)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")

    def test_login_of_a_user_becomes_a_token(self, sandbox, unique_name):
        email = f"{unique_name('user')}@sandbox.example"
        login = sandbox.authorized_user(email, ["compute.zones.list"])
        credentials = user_credentials.Credentials(
            None, **{name: login[name] for name in ("refresh_token", "token_uri", "client_id", "client_secret")}
        )
        address = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones"
        assert AuthorizedSession(credentials).get(address, timeout=60).status_code == 200
        assert sandbox.requests(service="compute")[-1]["principal"] == email

    def test_revoked_login_is_refused(self, sandbox, unique_name):
        login = sandbox.authorized_user(f"{unique_name('user')}@sandbox.example", [])
        login |= {"grant_type": "refresh_token", "refresh_token": "1//unknown"}
        answer = requests.post(login["token_uri"], data=login, timeout=60)
        assert answer.status_code == 400
        assert answer.json() == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}

    @pytest.mark.parametrize("service", ["container", "compute", "iam", "artifactregistry"])
    def test_expired_token_is_unauthenticated(self, sandbox, service):
        token = sandbox.access_token(sandbox.host_email, lifetime_seconds=0)
        paths = {"container": "v1/projects/sandbox-project/locations/-/clusters"}
        paths |= {"compute": "compute/v1/projects/sandbox-project/zones"}
        paths |= {"iam": "v1/projects/sandbox-project/serviceAccounts"}
        answer = sandbox.call(f"{sandbox.url(service)}/{paths.get(service, 'v1/x')}", token=token)
        assert answer.status_code == 401
        assert answer.json()["error"]["status"] == "UNAUTHENTICATED"

    def test_missing_token_is_unauthenticated(self, sandbox):
        assert requests.get(f"{sandbox.url('storage')}/storage/v1/b", timeout=60).status_code == 401


class TestImpersonation:
    def credentials(self, sandbox, source_email, target):
        source = google.oauth2.credentials.Credentials(sandbox.access_token(source_email))
        return impersonated_credentials.Credentials(
            source_credentials=source,
            target_principal=target,
            target_scopes=SCOPES,
            iam_endpoint_override=(
                f"{sandbox.url('iamcredentials')}/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
            ),
        )

    def test_token_is_the_other_accounts(self, sandbox, account, unique_name):
        target, caller = account[0], f"{unique_name('caller')}@sandbox-project.iam.gserviceaccount.com"
        sandbox.service_account_key(caller, ["iam.serviceAccounts.getAccessToken"])
        credentials = self.credentials(sandbox, caller, target)
        credentials.refresh(Request())
        sandbox.call(f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones", token=credentials.token)
        assert sandbox.requests(service="compute")[-1]["principal"] == target

    def test_needs_the_permission(self, sandbox, account):
        with pytest.raises(google.auth.exceptions.RefreshError, match=r"iam\.serviceAccounts\.getAccessToken"):
            self.credentials(sandbox, sandbox.host_email, account[0]).refresh(Request())

    def test_unknown_account_is_not_found(self, sandbox):
        target = "nobody@sandbox-project.iam.gserviceaccount.com"
        with pytest.raises(google.auth.exceptions.RefreshError, match="Gaia id not found for email nobody@"):
            self.credentials(sandbox, "admin@sandbox.example", target).refresh(Request())

    @pytest.mark.parametrize("body", [{}, {"scope": SCOPES, "lifetime": "7200s"}, {"scope": SCOPES, "lifetime": "1h"}])
    def test_refuses_an_unusable_request(self, sandbox, account, body):
        address = f"{sandbox.url('iamcredentials')}/v1/projects/-/serviceAccounts/{account[0]}:generateAccessToken"
        assert sandbox.call(address, "POST", json=body).status_code == 400


class TestServiceAccounts:
    def test_lists_those_of_the_project(self, sandbox, account):
        answer = sandbox.call(f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts").json()
        emails = {entry["email"] for entry in answer["accounts"]}
        assert {account[0], sandbox.host_email} <= emails
        assert "admin@sandbox.example" not in emails

    def test_default_account_of_compute_exists(self, sandbox):
        email = "123456789012-compute@developer.gserviceaccount.com"
        answer = sandbox.call(f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts/{email}")
        assert answer.json()["email"] == email

    def test_unknown_account_is_not_found(self, sandbox):
        address = f"{sandbox.url('iam')}/v1/projects/sandbox-project/serviceAccounts/nobody@x.iam.gserviceaccount.com"
        assert sandbox.call(address).status_code == 404

    def test_tells_what_the_caller_may_do(self, sandbox, account):
        address = f"{sandbox.url('iam')}/v1/projects/-/serviceAccounts/{account[0]}:testIamPermissions"
        asked = ["iam.serviceAccounts.actAs", "iam.serviceAccounts.delete"]
        answer = sandbox.call(address, "POST", sandbox.access_token(sandbox.host_email), json={"permissions": asked})
        assert answer.json() == {"permissions": ["iam.serviceAccounts.actAs"]}


class TestProjects:
    def test_both_versions_show_the_project(self, sandbox):
        base = sandbox.url("cloudresourcemanager")
        assert sandbox.call(f"{base}/v1/projects/sandbox-project").json()["projectNumber"] == "123456789012"
        assert sandbox.call(f"{base}/v3/projects/sandbox-project").json()["name"] == "projects/123456789012"

    def test_unknown_project_is_forbidden(self, sandbox):
        assert sandbox.call(f"{sandbox.url('cloudresourcemanager')}/v1/projects/nothing").status_code == 403

    def test_tells_which_permissions_the_caller_has(self, sandbox):
        address = f"{sandbox.url('cloudresourcemanager')}/v1/projects/sandbox-project:testIamPermissions"
        asked = {"permissions": ["container.clusters.create", "storage.buckets.delete"]}
        answer = sandbox.call(address, "POST", sandbox.access_token(sandbox.host_email), json=asked)
        assert answer.json() == {"permissions": ["container.clusters.create"]}

    def test_policy_is_for_those_who_may_read_it(self, sandbox):
        address = f"{sandbox.url('cloudresourcemanager')}/v1/projects/sandbox-project:getIamPolicy"
        assert sandbox.call(address, "POST").json()["bindings"][0]["members"] == ["user:admin@sandbox.example"]
        assert sandbox.call(address, "POST", sandbox.access_token(sandbox.host_email)).status_code == 403

    def test_services_are_enabled(self, sandbox):
        base = f"{sandbox.url('serviceusage')}/v1/projects/sandbox-project/services"
        assert sandbox.call(f"{base}/container.googleapis.com").json()["state"] == "ENABLED"
        assert len(sandbox.call(base).json()["services"]) > 5

    def test_nothing_is_stored_yet(self, sandbox):
        answer = sandbox.call(f"{sandbox.url('artifactregistry')}/v1/anything")
        assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


@needs_gcloud
@pytest.mark.gcloud
class TestGcloud:
    def gcloud(self, sandbox, *arguments):
        command = ["gcloud", *arguments, "--format=json"]
        finished = subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def test_describes_the_project(self, sandbox):
        assert self.gcloud(sandbox, "projects", "describe", "sandbox-project")["projectNumber"] == "123456789012"

    def test_knows_the_hosts_account(self, sandbox):
        accounts = self.gcloud(sandbox, "auth", "list")
        assert [account["account"] for account in accounts] == [sandbox.host_email]

    def test_lists_the_zones_of_a_region(self, sandbox):
        zones = self.gcloud(sandbox, "compute", "zones", "list", "--filter=region:europe-west1")
        assert [zone["name"] for zone in zones] == ["europe-west1-b", "europe-west1-c", "europe-west1-d"]

    def test_prints_the_administrators_token(self, sandbox):
        command = ["gcloud", "auth", "print-access-token"]
        shown = subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=True)
        assert shown.stdout.strip() == sandbox.token


class TestCompute:
    @pytest.fixture
    def compute(self, sandbox):
        """Ask Compute for a path of the project, as the administrator."""

        def ask(path, method="GET", project="sandbox-project"):
            return sandbox.call(f"{sandbox.compute_url}/compute/v1/projects/{project}{path}", method)

        return ask

    def test_project_can_be_named_by_its_number(self, compute):
        answer = compute("", project="123456789012").json()
        assert answer["name"] == "sandbox-project"
        assert answer["defaultServiceAccount"] == "123456789012-compute@developer.gserviceaccount.com"

    def test_unknown_project_is_not_found(self, compute):
        answer = compute("/zones", project="nothing")
        assert answer.status_code == 404
        assert answer.json()["error"]["errors"][0]["reason"] == "notFound"

    def test_every_zone_names_its_region(self, compute):
        zones = compute("/zones").json()["items"]
        assert {"us-central1-f", "europe-west1-d", "africa-south1-a"} <= {zone["name"] for zone in zones}
        assert all(zone["name"].startswith(zone["region"].rpartition("/")[2]) for zone in zones)

    def test_pages_follow_each_other(self, compute):
        names, token = [], ""
        while token is not None:
            page = compute(f"/regions?maxResults=20&pageToken={token}").json()
            assert len(page["items"]) <= 20
            names += [region["name"] for region in page["items"]]
            token = page.get("nextPageToken")
        assert len(names) == len(set(names)) == len(compute("/regions").json()["items"])

    def test_refuses_an_unusable_page(self, compute):
        assert compute("/regions?pageToken=x").status_code == 400

    def test_unknown_zone_and_region_are_invalid(self, compute):
        for path in ("/zones/us-nowhere1-a", "/regions/us-nowhere1", "/zones/us-nowhere1-a/instances/x"):
            answer = compute(path)
            assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")

    def test_quotas_are_large(self, compute):
        quotas = {quota["metric"]: quota["limit"] for quota in compute("/regions/us-central1").json()["quotas"]}
        assert min(quotas["CPUS"], quotas["SSD_TOTAL_GB"], quotas["IN_USE_ADDRESSES"]) >= 1000

    def test_fault_lowers_a_quota(self, sandbox, compute):
        with sandbox.faults({"service": "compute", "path": "*/regions/*", "effect": {"quota": "SSD_TOTAL_GB"}}):
            quotas = {quota["metric"]: quota["limit"] for quota in compute("/regions/us-central1").json()["quotas"]}
        assert quotas["SSD_TOTAL_GB"] == 0
        assert quotas["CPUS"] > 0

    def test_host_is_on_the_default_network(self, sandbox, compute):
        host = compute("/zones/us-central1-a/instances/dss-host").json()
        [interface] = host["networkInterfaces"]
        assert interface["network"].endswith("/projects/sandbox-project/global/networks/default")
        assert interface["subnetwork"].endswith("/regions/us-central1/subnetworks/default")
        assert host["serviceAccounts"][0]["email"] == sandbox.host_email

    def test_other_instance_is_not_found(self, compute):
        answer = compute("/zones/us-central1-b/instances/dss-host")
        assert answer.status_code == 404
        assert "instances/dss-host' was not found" in answer.json()["error"]["message"]

    def test_auto_mode_network_has_a_subnetwork_in_every_region(self, compute):
        network = compute("/global/networks/default").json()
        assert network["autoCreateSubnetworks"] is True
        assert len(network["subnetworks"]) == len(compute("/regions").json()["items"])
        [subnetwork] = [
            found
            for found in compute("/regions/europe-west1/subnetworks").json()["items"]
            if found["network"] == network["selfLink"]
        ]
        assert subnetwork["ipCidrRange"] == "10.132.0.0/20"

    def test_network_that_is_named_exists(self, compute, unique_name):
        name = unique_name("vpc")
        assert compute(f"/global/networks/{name}").status_code == 200
        names = [network["name"] for network in compute(f"/global/networks?filter=name={name}").json()["items"]]
        assert names == [name]
        assert compute(f"/regions/us-east1/subnetworks/{name}").json()["network"].endswith(name)

    def test_subnetworks_can_be_read_all_at_once(self, compute):
        items = compute("/aggregated/subnetworks").json()["items"]
        assert items["regions/us-east4"]["subnetworks"][0]["ipCidrRange"] == "10.150.0.0/20"

    def test_machine_types_follow_the_rule_of_their_family(self, compute):
        machine = compute("/zones/us-central1-a/machineTypes/n2-highmem-8").json()
        assert (machine["guestCpus"], machine["memoryMb"]) == (8, 65536)
        assert compute("/zones/us-central1-a/machineTypes/n2-nonsense-8").status_code == 404
        assert compute("/zones/us-central1-a/machineTypes?filter=name=e2-standard-4").json()["items"]

    def test_missing_permission_is_worded_as_compute_does(self, sandbox, account):
        address = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/global/networks"
        answer = sandbox.call(address, token=sandbox.access_token(account[0]))
        assert answer.status_code == 403
        error = answer.json()["error"]
        assert error["message"] == "Required 'compute.networks.list' permission for 'projects/sandbox-project'"
        assert error["errors"][0]["reason"] == "forbidden"

    def test_what_is_not_simulated_is_not_found(self, compute):
        assert compute("/global/firewalls", "POST").status_code == 404


@pytest.fixture(scope="module")
def cluster(sandbox):
    """A running cluster with two nodes in one zone."""
    yield sandbox.create_cluster("us-east1-b", "groups", initialNodeCount=2)
    sandbox.delete_cluster("us-east1-b", "groups")


class TestInstanceGroups:
    @pytest.fixture
    def zone(self, sandbox):
        """Ask Compute for a path below the cluster's zone."""

        def ask(path, method="GET"):
            base = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/zones/us-east1-b"
            return sandbox.call(f"{base}/{path}", method).json()

        return ask

    def test_cluster_links_to_the_group_of_its_pool(self, cluster, zone):
        [address] = cluster["instanceGroupUrls"]
        manager = zone(f"instanceGroupManagers/{address.rpartition('/')[2]}")
        assert (manager["targetSize"], manager["status"]) == (2, {"isStable": True})
        assert manager in zone("instanceGroupManagers")["items"]

    def test_managed_instances_are_the_nodes(self, cluster, zone):
        name = cluster["instanceGroupUrls"][0].rpartition("/")[2]
        managed = zone(f"instanceGroupManagers/{name}/listManagedInstances", "POST")["managedInstances"]
        names = [instance["instance"].rpartition("/")[2] for instance in managed]
        assert len(names) == 2
        assert zone(f"instances/{names[0]}")["status"] == "RUNNING"
        assert zone(f"instanceGroupManagers/{name}/listErrors")["items"] == []

    @pytest.mark.usefixtures("cluster")
    def test_zones_with_groups_show_up_in_the_aggregated_list(self, sandbox):
        base = f"{sandbox.compute_url}/compute/v1/projects/sandbox-project/aggregated"
        assert "zones/us-east1-b" in sandbox.call(f"{base}/instanceGroupManagers").json()["items"]
        assert "zones/us-central1-a" in sandbox.call(f"{base}/instances").json()["items"]

    def test_unknown_group_is_not_found(self, zone):
        assert zone("instanceGroupManagers/nothing")["error"]["code"] == 404
