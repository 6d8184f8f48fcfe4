"""Exports of a small finished project, and what a command says of them."""

import json

AT = "2026-11-23T09:00:00Z"
TEXTS = {"film": "a great film with a fine cast", "food": "tasty soup and warm bread"}


def task(id_, text, label, **data):
    region = {"from_name": "kind", "to_name": "text", "type": "choices"}
    annotation = {"id": id_, "created_at": AT, "updated_at": AT, "completed_by": 1}
    annotation["result"] = [region | {"value": {"choices": [label]}}]
    return {
        "id": id_,
        "created_at": AT,
        "updated_at": AT,
        "data": {"text": text, "ref": f"row {id_}"} | data,
        "annotations": [annotation],
    }


def project(size=90):
    names = list(TEXTS)
    return [task(i + 1, f"{TEXTS[names[i % 2]]} {i}", names[i % 2]) for i in range(size)]


def told(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result):
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return " ".join(result.output.split())
