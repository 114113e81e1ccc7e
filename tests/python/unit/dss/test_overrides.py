from __future__ import annotations

from gke_clusters.dss.overrides import SCHEMA_VERSION, cluster_data, cluster_overrides


def test_overrides_the_context_and_the_kubeconfig_and_turns_spark_on() -> None:
    assert cluster_overrides("gke_p_z_c", "/w/kube_config") == {
        "container": {
            "executionConfigsGenericOverrides": {"kubeCtlContext": "gke_p_z_c", "kubeConfigPath": "/w/kube_config"}
        },
        "spark": {"sparkEnabled": True},
    }


def test_keeps_what_1_5_1_kept_and_says_its_own_version() -> None:
    cluster = {"name": "c", "id": "1"}
    assert cluster_data("p", cluster, "/w/kube_config") == {
        "kube_config_path": "/w/kube_config",
        "cluster": cluster,
        "project": "p",
        "schema_version": SCHEMA_VERSION,
    }


def test_leaves_the_secrets_of_legacy_authentication_out_and_the_cluster_as_it_is() -> None:
    secret = {"username": "admin", "password": "SECRET", "clientKey": "SECRET", "clientCertificate": "x"}
    cluster = {"masterAuth": {"clusterCaCertificate": "CA", **secret}}
    assert cluster_data("p", cluster, "k")["cluster"]["masterAuth"] == {"clusterCaCertificate": "CA"}
    assert cluster["masterAuth"]["password"] == "SECRET"
