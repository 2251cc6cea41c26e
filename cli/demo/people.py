"""The demonstration's people at work through the API: annotators who claim and submit, a supervisor who settles."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.connection import Connection
from cli.demo.personality import Personality
from cli.demo.settle import settle
from cli.demo.simulate import edit_prelabels, finish_object, plan_photograph
from cli.demo.truth import TruthPicture
from schema.enums import Choice, Origin
from schema.geometry import Polygon
from schema.objects import OBJECTS, LabelObject, dump_objects

_NAMESPACE = uuid.UUID("0f9c2a55-4b2e-4c53-8a3b-0f6f2a1f6a10")


@dataclass(frozen=True, slots=True)
class Settled:
    """A review's result: the picture and what was chosen for each contested object."""

    picture: str
    causes: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answered task; `prelabels` counts what was proposed, None where nothing was asked for."""

    picture: str
    prelabels: int | None


def label_one(
    connection: Connection, person: Personality, *, project_id: int, truth: Mapping[str, TruthPicture], prefix: str
) -> Labelled | None:
    """Claim the next task, answer it, submit; None when there is nothing for this person."""
    lease = connection.call("POST", "/v1/leases", json={"project_id": project_id})
    if lease is None:
        return None
    picture = truth[lease["image"]["key"].removeprefix(prefix)]
    objects = (
        _answer_photograph(connection, person, lease, picture)
        if lease["prelabels"] is None
        else _answer_prelabels(person, lease, picture)
    )
    path = f"/v1/leases/{lease['lease_id']}"
    body = {"objects": dump_objects(objects)}
    connection.call("PUT", f"{path}/draft", json={"sequence": 1} | body)
    connection.call("POST", f"{path}/annotation", json=body)
    return Labelled(picture.picture, None if lease["prelabels"] is None else len(lease["prelabels"]))


def _answer_photograph(
    connection: Connection, person: Personality, lease: dict[str, Any], picture: TruthPicture
) -> tuple[LabelObject, ...]:
    """Send the extreme points of each object through the segment route and keep or redraw what it answers."""
    objects = []
    for planned in plan_photograph(person, picture):
        answer = connection.call(
            "POST",
            f"/v1/leases/{lease['lease_id']}/segment",
            json={"points": [list(p) for p in planned.extreme_points]},
        )
        polygon = Polygon.model_validate(answer["polygon"]) if answer["polygon"] else None
        objects.append(finish_object(person, planned, polygon, height=picture.height, width=picture.width))
    return tuple(objects)


def _answer_prelabels(person: Personality, lease: dict[str, Any], picture: TruthPicture) -> tuple[LabelObject, ...]:
    prelabels = OBJECTS.validate_python(lease["prelabels"])
    return edit_prelabels(person, prelabels, picture.objects, height=picture.height, width=picture.width)


def review_one(
    connection: Connection, *, project_id: int, truth: Mapping[str, TruthPicture], prefix: str
) -> Settled | None:
    """Claim the next review, settle every contested object, submit; None when nothing is to be reviewed."""
    lease = connection.call("POST", "/v1/leases", json={"project_id": project_id})
    if lease is None:
        return None
    path = f"/v1/leases/{lease['lease_id']}/review"
    view = connection.call("GET", path)
    picture = truth[lease["image"]["key"].removeprefix(prefix)]
    verdicts = [_verdict(entry, picture) for entry in view["objects"] if entry["causes"]]
    connection.call("POST", path, json={"verdicts": verdicts})
    causes = sorted({cause for entry in view["objects"] for cause in entry["causes"]})
    return Settled(picture.picture, tuple(causes), tuple(v["choice"] for v in verdicts))


def _verdict(entry: dict[str, Any], picture: TruthPicture) -> dict[str, Any]:
    merged = LabelObject.model_validate(entry["object"])
    versions = [(v["lease_id"], LabelObject.model_validate(v["object"])) for v in entry["versions"]]
    chosen = settle(merged, [o for _, o in versions], picture.objects, height=picture.height, width=picture.width)
    verdict: dict[str, Any] = {"object_id": str(merged.id), "choice": chosen.choice.value, "reason": chosen.note}
    if chosen.choice is Choice.VERSION and chosen.version is not None:
        verdict["lease_id"] = versions[chosen.version][0]
    if chosen.choice is Choice.FIX:
        fixed = merged.model_copy(
            update={
                "id": uuid.uuid5(_NAMESPACE, str(merged.id)),
                "shape": chosen.shape,
                "class_id": chosen.class_id,
                "origin": Origin.REVIEW,
            }
        )
        verdict["fixed"] = dump_objects((fixed,))[0]
    return verdict
