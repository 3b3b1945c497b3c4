"""Writes the dashboards in deploy/grafana: `python -m tools.dashboards`. For Grafana 11 and newer."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "grafana"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 3
# A panel: its title, unit, and each expression with the text of its legend.
Panel = tuple[str, str, dict[str, str]]

SERVICE: list[Panel] = [
    ("Requests a second, by status", "reqps", {"sum by (status) (rate(http_request_seconds_count[5m]))": "{{status}}"}),
    (
        "Time to answer",
        "s",
        {
            f"histogram_quantile({share}, sum by (le) (rate("
            'http_request_seconds_bucket{route!~"api/v1/events|overloaded"}[5m])))': f"p{share * 100:.0f}"
            for share in (0.5, 0.95, 0.99)
        },
    ),
    (
        "The slowest operations, p99",
        "s",
        {
            "topk(8, histogram_quantile(0.99, sum by (le, method, route) (rate("
            'http_request_seconds_bucket{route!="api/v1/events"}[5m]))))': "{{method}} {{route}}"
        },
    ),
    ("Refusals a second, by code", "reqps", {"topk(12, sum by (code) (rate(http_refusals_total[5m])))": "{{code}}"}),
    (
        "Threads and queue of web",
        "short",
        {
            "sum(http_threads)": "threads",
            "sum(http_threads_busy)": "busy",
            "sum(http_queued)": "waiting",
        },
    ),
    ("Checks of /readyz (1 is ok)", "short", {"min by (check) (service_check)": "{{check}}"}),
    ("Open sockets", "short", {"sum by (instance) (sockets_open)": "{{instance}}"}),
    (
        "From event to socket",
        "s",
        {
            f"histogram_quantile({share}, sum by (le) (rate(socket_event_seconds_bucket[5m])))": f"p{share * 100:.0f}"
            for share in (0.5, 0.99)
        },
    ),
    ("Sockets closed a second", "cps", {"sum by (reason) (rate(socket_closes_total[5m]))": "{{reason}}"}),
    (
        "Pushes a second, by outcome",
        "cps",
        {"sum by (platform, outcome) (rate(push_outcomes_total[5m]))": "{{platform}} {{outcome}}"},
    ),
    (
        "Age of the oldest",
        "s",
        {"max(push_oldest_seconds)": "push", "max(jobs_oldest_seconds)": "job"},
    ),
    (
        "Waiting, and given up",
        "short",
        {
            "max(push_waiting)": "pushes",
            "max(jobs_waiting)": "jobs",
            "max(push_set_aside)": "pushes given up",
            "max(jobs_set_aside)": "jobs given up",
        },
    ),
    (
        "Jobs: busy threads of workers, by task",
        "short",
        {"topk(8, sum by (task) (rate(job_seconds_sum[5m])))": "{{task}}"},
    ),
    (
        "Jobs that failed, a minute",
        "cpm",
        {'60 * sum by (task) (rate(job_seconds_count{outcome="failed"}[5m]))': "{{task}}"},
    ),
    (
        "Open circuits, failing archive",
        "short",
        {
            'max by (service) (push_circuit{state="open"})': "{{service}}",
            "max(postgres_archiving_fails)": "archive of WAL",
        },
    ),
    (
        "Sessions of PostgreSQL",
        "short",
        {"max(postgres_sessions)": "open", "max(postgres_sessions_max)": "max_connections"},
    ),
    (
        "Connection pools",
        "short",
        {
            "sum by (pool) (postgres_pool_connections)": "{{pool}}: connections",
            "sum by (pool) (postgres_pool_free)": "{{pool}}: free",
            "sum by (pool) (postgres_pool_waiting)": "{{pool}}: waiting",
        },
    ),
    (
        "Replicas, and oldest transaction",
        "s",
        {
            "max(postgres_replication_lag_seconds)": "replica behind",
            "max(postgres_oldest_transaction_seconds)": "transaction",
        },
    ),
]
CITY: list[Panel] = [
    (f"{title} an hour", "short", {f'sum(increase(pickups_total{{step="{step}"}}[1h]))': title.lower()})
    for title, step in (
        ("Posted", "posted"),
        ("Matched", "matched"),
        ("Handed over", "handed_over"),
        ("Cancelled", "cancelled"),
        ("Expired", "expired"),
    )
] + [
    (
        "Of a hundred posted in a day, handed over",
        "short",
        {
            '100 * sum(increase(pickups_total{step="handed_over"}[1d])) '
            '/ sum(increase(pickups_total{step="posted"}[1d]))': "handed over"
        },
    ),
    (
        "Messages, swipes and sign-ins a minute",
        "cpm",
        {
            f'60 * sum(rate(http_request_seconds_count{{method="{method}", route="api/v1/{route}", '
            f'status=~"2.."}}[5m]))': name
            for name, method, route in (
                ("messages by HTTP", "POST", "conversations/<id:conversation_id>/messages"),
                ("swipes", "PUT", "pickups/<id:pickup_id>/swipe"),
                ("sign-ins", "POST", "auth/sign-in"),
            )
        },
    ),
    (
        "Pushes that arrived, an hour",
        "short",
        {'sum by (platform) (increase(push_outcomes_total{outcome="Accepted"}[1h]))': "{{platform}}"},
    ),
    (
        "Since the receipts were found intact",
        "s",
        {'time() - max(periodic_last_run_timestamp{task="geo.verify_receipts"})': "receipts"},
    ),
]


def dashboard(*, uid: str, title: str, panels: list[Panel]) -> dict[str, Any]:
    """The dashboard as Grafana imports it; the source of data is chosen above it."""
    return {
        "uid": uid,
        "title": title,
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [{"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}]},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    title, unit, expressions = panel
    targets = [
        {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        for index, (expression, legend) in enumerate(expressions.items())
    ]
    row, column = divmod(number, COLUMNS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": targets,
    }


DASHBOARDS = {
    "service.json": dashboard(uid="tft-service", title="Tinder for Trash: service", panels=SERVICE),
    "city.json": dashboard(uid="tft-city", title="Tinder for Trash: city", panels=CITY),
}


def text_of(name: str) -> str:
    return json.dumps(DASHBOARDS[name], indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in DASHBOARDS:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")
