"""`GET /api/v1/schema`: for everybody, so it must cost next to nothing."""

import json
import time

import yaml
from django.test import Client

SCHEMA = "/api/v1/schema"


def test_shows_the_document_as_yaml_or_json() -> None:
    as_yaml, as_json = Client().get(SCHEMA), Client().get(SCHEMA, {"format": "json"})

    assert as_json.json() == yaml.load(as_yaml.content, yaml.CSafeLoader)
    assert json.loads(as_json.content)["paths"]["/api/v1/deck"]
    assert (as_yaml["Content-Type"], as_json["Content-Type"]) == (
        "application/vnd.oai.openapi",
        "application/vnd.oai.openapi+json",
    )


def test_is_generated_once() -> None:
    client = Client()
    client.get(SCHEMA)
    started = time.thread_time()

    for _ in range(10):
        assert client.get(SCHEMA).status_code == 200

    assert time.thread_time() - started < 0.4
