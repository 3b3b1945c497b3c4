"""The files in deploy/ name what exists, and give a process few rights. bin/test checks their form."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.backups.backup import KINDS

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
PROCESSES = {line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()}
ASSIGNED = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
# Of the double of Firebase, of macOS, and of the Procfile.
NOT_IN_PRODUCTION = {"FCM_ENDPOINT", "GDAL_LIBRARY_PATH", "GEOS_LIBRARY_PATH", "SERVES_REQUESTS", "DRAIN_FILE"}
OF_PROCFILE = set(re.findall(r"\$\{([A-Z_]+):", (ROOT / "Procfile").read_text())) | {"DRAIN_S"}


def settings_read() -> set[str]:
    """Every variable that the settings read."""
    nodes = [
        node
        for name in ("settings", "city_rules", "configuration")
        for node in ast.walk(ast.parse((ROOT / "backend" / f"{name}.py").read_text()))
    ]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("env.")]
    names = {ast.literal_eval(call.args[0]) for call in calls}
    return {name for name in names if name.isidentifier()} | {"FIREBASE_USE_DEFAULT_CREDENTIALS"}


def objects_in(path: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def objects(kind: str) -> dict[str, dict[str, Any]]:
    found = [each for path in MANIFESTS for each in objects_in(path) if each["kind"] == kind]
    return {each["metadata"]["name"]: each for each in found}


class TestSettings:
    def test_of_production_are_all_in_the_example(self) -> None:
        shown = ASSIGNED.findall((DEPLOY / "production.env.example").read_text())

        assert len(shown) == len(set(shown))
        assert set(shown) == settings_read() - NOT_IN_PRODUCTION | OF_PROCFILE

    def test_of_the_cluster_exist(self) -> None:
        assert set(objects("ConfigMap")["tinder-for-trash"]["data"]) <= settings_read() | OF_PROCFILE


class TestKubernetes:
    def test_all_manifests_are_applied(self) -> None:
        (kustomization,) = objects_in(DEPLOY / "kubernetes" / "kustomization.yaml")

        assert sorted(kustomization["resources"]) == [path.name for path in MANIFESTS]

    def test_every_process_is_scaled_and_keeps_serving(self) -> None:
        assert set(objects("Deployment")) == set(objects("HorizontalPodAutoscaler")) == PROCESSES
        assert set(objects("PodDisruptionBudget")) == PROCESSES
        metrics = [metric["type"] for metric in objects("HorizontalPodAutoscaler")["worker"]["spec"]["metrics"]]
        assert metrics == ["External", "External"]

    def test_pods_have_no_rights(self) -> None:
        jobs = [each["spec"]["jobTemplate"] for each in objects("CronJob").values()]
        workloads = [*objects("Deployment").values(), *objects("Job").values(), *jobs]

        for pod in [each["spec"]["template"]["spec"] for each in workloads]:
            (container,) = pod["containers"]
            assert pod["securityContext"]["runAsNonRoot"]
            assert not pod["automountServiceAccountToken"]
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]

    @pytest.mark.parametrize("name", ["web", "realtime"])
    def test_servers_are_alive_before_they_are_ready(self, name: str) -> None:
        (container,) = objects("Deployment")[name]["spec"]["template"]["spec"]["containers"]

        paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
        assert paths == ["/healthz", "/healthz", "/readyz"]
        hosts = {header["value"] for header in container["readinessProbe"]["httpGet"]["httpHeaders"]}
        assert hosts == {objects("ConfigMap")["tinder-for-trash"]["data"]["ALLOWED_HOSTS"]}

    def test_what_is_not_allowed_is_denied(self) -> None:
        closed = objects("NetworkPolicy")["deny-by-default"]["spec"]

        assert (closed["podSelector"], closed["policyTypes"]) == ({}, ["Ingress", "Egress"])


class TestImage:
    TEXT = (DEPLOY / "Containerfile").read_text()

    def test_runs_as_a_user_without_rights(self) -> None:
        assert re.findall(r"^USER (\S+)", self.TEXT, re.MULTILINE) == ["10001"]

    def test_holds_its_bill_of_materials(self) -> None:
        assert "requirements/sbom.lock" in self.TEXT
        assert "COPY --from=build /srv/sbom /srv/sbom" in self.TEXT

    def test_names_no_registry(self) -> None:
        images = re.findall(r"^FROM (\S+)|^ARG BASE=(\S+)", self.TEXT, re.MULTILINE)
        composed = re.findall(r"image: (?:\$\{\w+:-)?([^}\s]+)", (DEPLOY / "compose.yaml").read_text())

        assert [name for pair in images for name in pair if "." in name.split("/")[0] and "/" in name] == []
        assert [name for name in composed if "." in name.split("/")[0] and "/" in name] == []

    def test_is_built_without_what_it_does_not_need(self) -> None:
        ignored = (ROOT / ".containerignore").read_text().split()

        assert {".git", ".local", ".venv", "tests"} <= set(ignored)
        assert (ROOT / ".dockerignore").readlink() == Path(".containerignore")


class TestCompose:
    COMPOSED = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    STAGING = yaml.safe_load((DEPLOY / "compose.staging.yaml").read_text())["services"]

    def test_runs_every_process_without_rights(self) -> None:
        ours = {name: each for name, each in self.COMPOSED.items() if "tinder-for-trash" in each["image"]}

        assert set(ours) == PROCESSES | {"migrate"}
        for name, each in [*ours.items(), ("firebase", self.STAGING["firebase"])]:
            assert (each["read_only"], each["cap_drop"], each["command"][0]) == (True, ["ALL"], name)

    def test_staging_adds_nothing_but_the_double(self) -> None:
        assert set(self.STAGING) - set(self.COMPOSED) == {"firebase"}
        settings = {name for each in self.STAGING.values() for name in each.get("environment", {})}
        assert settings <= settings_read() | {"FIREBASE_AUTH_EMULATOR_HOST"}


def test_no_location_of_nginx_sets_headers() -> None:
    """With one of its own it would pass on none of the server's: no Host, no address of the client."""
    locations = re.findall(r"location [^{]*\{[^}]*\}", (DEPLOY / "nginx.conf").read_text())

    assert len(locations) == 4
    assert [text for text in locations if "proxy_set_header" in text] == []


@pytest.mark.parametrize("proxy", ["haproxy.cfg", "nginx.conf", "kubernetes/ingress.yaml"])
def test_proxies_log_no_tokens(proxy: str) -> None:
    """The paths of `backend.core.logs.leave_secrets_out`."""
    text = (DEPLOY / proxy).read_text()

    assert [path for path in ("/r/", "/s/", "/unsubscribe/") if path not in text] == []


class TestUnits:
    def test_start_every_process(self) -> None:
        units = {path.stem.removeprefix("tinder-for-trash-") for path in (DEPLOY / "systemd").glob("*.service")}

        assert units == PROCESSES | {"migrate", "backup@"}

    def test_every_kind_of_backup_has_its_time(self) -> None:
        timers = {path.stem.removeprefix("tinder-for-trash-backup-") for path in (DEPLOY / "systemd").glob("*.timer")}

        assert timers == set(KINDS)
        for kind in KINDS:
            text = (DEPLOY / "systemd" / f"tinder-for-trash-backup-{kind}.timer").read_text()
            assert f"Unit=tinder-for-trash-backup@{kind}.service\n" in text
