"""What the demonstration came to: figures, the table, contact sheets and the report. Reads releases and the API."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cli.demo.contact_sheet import SheetEntry, draw_contact_sheet
from cli.demo.jobs import Job
from cli.demo.people import Settled
from cli.demo.report import DemoResult, Figure, ImageOutcome, ProjectOutcome, write_report
from cli.demo.truth_score import TruthScore, score_to_truth
from schema.geometry import Mask, Polygon
from schema.objects import LabelObject


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """One project's result."""

    job: Job
    agreement: dict[str, Any]
    tasks: tuple[dict[str, Any], ...]
    labels: Mapping[str, tuple[LabelObject, ...]]
    prelabels: Mapping[str, int]
    settled: Mapping[str, Settled]
    score: TruthScore

    @property
    def accepted(self) -> int:
        return sum(task["state"] == "accepted" for task in self.tasks)


def read_labels(folder: Path, *, prefix: str) -> dict[str, tuple[LabelObject, ...]]:
    """Return the final objects of each picture as the released COCO file has them."""
    document = json.loads((folder / "annotations.json").read_text())
    names = {image["id"]: image["file_name"].removeprefix(prefix) for image in document["images"]}
    labels: dict[str, list[LabelObject]] = {name: [] for name in names.values()}
    for annotation in document["annotations"]:
        shape = _shape(annotation["segmentation"])
        found = LabelObject(id=annotation["object_id"], class_id=annotation["category_id"], shape=shape)
        labels[names[annotation["image_id"]]].append(found)
    return {name: tuple(objects) for name, objects in labels.items()}


def _shape(segmentation: Any) -> Polygon | Mask:
    if isinstance(segmentation, dict):
        return Mask(size=segmentation["size"], counts=segmentation["counts"])
    parts = [[list(zip(flat[::2], flat[1::2], strict=True))] for flat in segmentation]
    return Polygon.model_validate({"parts": parts})


def score_labels(job: Job, labels: Mapping[str, Sequence[LabelObject]]) -> TruthScore:
    truth = job.plan.truth()
    total = TruthScore()
    for name, objects in labels.items():
        picture = truth[name]
        total += score_to_truth(objects, picture.objects, height=picture.height, width=picture.width)
    return total


def image_outcomes(outcome: JobOutcome) -> tuple[ImageOutcome, ...]:
    """Return what happened to each picture, in the order of upload."""
    truth = outcome.job.plan.truth()
    rows = []
    by_name = {task["key"].removeprefix(outcome.job.prefix): task for task in outcome.tasks}
    for picture in outcome.job.pictures:
        task = by_name[picture.name]
        objects = outcome.labels.get(picture.name, ())
        facts, settled = truth[picture.name], outcome.settled.get(picture.name)
        score = score_to_truth(objects, facts.objects, height=facts.height, width=facts.width)
        rows.append(
            ImageOutcome(
                name=picture.name,
                state=task["state"],
                votes=task["votes"],
                objects=len(objects),
                prelabels=outcome.prelabels.get(picture.name),
                contested=settled.causes if settled else (),
                settled=settled.choices if settled else (),
                mean_iou_to_truth=score.mean_iou,
            )
        )
    return tuple(rows)


def write_sheet(outcome: JobOutcome, folder: Path) -> str:
    """Draw the final labels over the pictures; return the file's name."""
    entries = [
        SheetEntry(
            row.name,
            np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB")),
            outcome.labels.get(row.name, ()),
            f"{row.state} · {row.votes} votes" + (" · reviewed" if row.settled else ""),
        )
        for row, picture in zip(image_outcomes(outcome), outcome.job.pictures, strict=True)
    ]
    name = f"{outcome.job.plan.slug}.png"
    (folder / name).write_bytes(draw_contact_sheet(entries, outcome.job.plan.ontology))
    return name


def figures(outcomes: Sequence[JobOutcome], seconds: Mapping[str, float], release_path: Path) -> dict[str, Any]:
    """Return the last line of the run. Agreement is the mean of the projects, weighted by their items."""
    score = sum((o.score for o in outcomes), TruthScore())
    return {
        "images": sum(len(o.tasks) for o in outcomes),
        "tasks_accepted": sum(o.accepted for o in outcomes),
        "contested": sum(len(o.settled) for o in outcomes),
        "mean_match_f1": _weighted(outcomes, "match_f1"),
        "mean_iou": _weighted(outcomes, "mean_iou"),
        "alpha": _weighted(outcomes, "alpha"),
        "mean_iou_to_truth": _rounded(score.mean_iou),
        "release_path": str(release_path),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


def _weighted(outcomes: Sequence[JobOutcome], name: str) -> float | None:
    pairs = [(o.agreement[name]["value"], o.agreement["items"]) for o in outcomes]
    known = [(value, items) for value, items in pairs if value is not None]
    weight = sum(items for _, items in known)
    return _rounded(sum(value * items for value, items in known) / weight) if weight else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def print_table(outcomes: Sequence[JobOutcome]) -> None:
    head = f"{'picture':<28} {'state':<10} {'votes':>5} {'pre':>4} {'final':>5} {'IoU':>6}  contested → settled"
    for outcome in outcomes:
        print(f"\n{outcome.job.plan.name}\n{head}\n{'-' * len(head)}")
        for row in image_outcomes(outcome):
            pre = "" if row.prelabels is None else row.prelabels
            iou = "" if row.mean_iou_to_truth is None else f"{row.mean_iou_to_truth:.3f}"
            story = f"{', '.join(row.contested)} → {', '.join(row.settled)}" if row.settled else ""
            print(f"{row.name:<28} {row.state:<10} {row.votes:>5} {pre:>4} {row.objects:>5} {iou:>6}  {story}".rstrip())


def write_demo_report(folder: Path, outcomes: Sequence[JobOutcome], result: Mapping[str, Any]) -> Path:
    """Write contact sheets and the HTML page that shows them."""
    projects = [
        ProjectOutcome(
            name=o.job.plan.name,
            summary=f"{o.accepted} of {len(o.tasks)} tasks accepted, {len(o.settled)} settled by the supervisor",
            sheet=write_sheet(o, folder),
            images=image_outcomes(o),
        )
        for o in outcomes
    ]
    shown = (
        Figure("Images", str(result["images"]), "from the bucket to an accepted label"),
        Figure("Accepted", str(result["tasks_accepted"]), "tasks whose labels are released"),
        Figure("Contested", str(result["contested"]), "went to the supervisor"),
        Figure("Match F1", f"{result['mean_match_f1']:.3f}", "how far people mark the same things"),
        Figure("Mean IoU", f"{result['mean_iou']:.3f}", "how far their outlines coincide"),
        Figure("Alpha", f"{result['alpha']:.3f}", "agreement on the class beyond chance (Krippendorff)"),
        Figure("IoU to truth", f"{result['mean_iou_to_truth']:.3f}", "final labels against the hand-made truth"),
    )
    lead = "Every figure comes from this run: S3 events, queues, workers, the API, and the released COCO files."
    return write_report(
        folder,
        DemoResult(
            title="Plumbline: one photograph, all the way",
            lead=lead,
            figures=shown,
            projects=tuple(projects),
            files=tuple(f"{o.job.plan.slug}/annotations.json" for o in outcomes),
        ),
    )
