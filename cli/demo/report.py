"""The demonstration's report: one HTML page beside its contact sheets. Says what it is given; measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

REPORT_NAME = "report.html"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the page's head: its name, the value as shown, and one sentence."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImageOutcome:
    """What happened to one picture. `prelabels` is None where none were asked for; IoU in [0, 1]."""

    name: str
    state: str
    votes: int
    objects: int
    prelabels: int | None = None
    contested: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    mean_iou_to_truth: float | None = None


@dataclass(frozen=True, slots=True)
class ProjectOutcome:
    """One project; `sheet` is the file name of its contact sheet in the report's folder."""

    name: str
    summary: str
    sheet: str
    images: tuple[ImageOutcome, ...]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Everything the report shows; `files` are names of further files in the folder, such as the releases."""

    title: str
    lead: str
    figures: tuple[Figure, ...]
    projects: tuple[ProjectOutcome, ...]
    files: tuple[str, ...] = ()


def write_report(folder: Path, result: DemoResult) -> Path:
    """Write the page into an existing folder, over an older one, and return its path."""
    page = Template(files("cli.demo").joinpath("report_page.html").read_text("utf-8"))
    path = folder / REPORT_NAME
    path.write_text(
        page.substitute(
            title=escape(result.title),
            lead=escape(result.lead),
            figures="\n".join(map(_figure, result.figures)),
            projects="\n".join(map(_project, result.projects)),
            files=_files(result.files),
        ),
        "utf-8",
    )
    return path


def _figure(figure: Figure) -> str:
    return (
        f'<div class="figure"><dt>{escape(figure.label)}</dt><dd><span class="value">{escape(figure.value)}</span>'
        f'<span class="note">{escape(figure.note)}</span></dd></div>'
    )


def _project(project: ProjectOutcome) -> str:
    name, sheet = escape(project.name), escape(project.sheet)
    rows = "\n".join(map(_row, project.images))
    return f"""<section aria-label="{name}">
<h2>{name}</h2><p class="summary">{escape(project.summary)}</p>
<div class="scroll" tabindex="0" role="group" aria-label="What happened to each picture of {name}"><table>
<thead><tr><th scope="col">Picture</th><th scope="col">Outcome</th><th scope="col" class="number">Pre-labels</th>
<th scope="col" class="number">Votes</th><th scope="col">Contested</th><th scope="col">Supervisor</th>
<th scope="col" class="number">Objects</th><th scope="col" class="number">IoU to truth</th></tr></thead>
<tbody>
{rows}
</tbody></table></div>
<a class="sheet" href="{sheet}"><img src="{sheet}" alt="Final labels of {name}, drawn over each picture"></a>
</section>"""


def _row(image: ImageOutcome) -> str:
    iou = "–" if image.mean_iou_to_truth is None else f"{image.mean_iou_to_truth:.3f}"
    prelabels = "–" if image.prelabels is None else str(image.prelabels)
    return (
        f'<tr><th scope="row">{escape(image.name)}</th><td>{_state(image)}</td><td class="number">{prelabels}</td>'
        f'<td class="number">{image.votes}</td><td>{_chips(image.contested, "warn")}</td>'
        f'<td>{_chips(image.settled, "plain")}</td><td class="number">{image.objects}</td>'
        f'<td class="number">{iou}</td></tr>'
    )


def _state(image: ImageOutcome) -> str:
    kind = {"accepted": "ok", "in_review": "warn", "rejected": "bad"}.get(image.state, "plain")
    return f'<span class="chip {kind}">{escape(image.state.replace("_", " "))}</span>'


def _chips(words: Sequence[str], kind: str) -> str:
    if not words:
        return '<span class="none">–</span>'
    return " ".join(f'<span class="chip {kind}">{escape(word)}</span>' for word in words)


def _files(names: Sequence[str]) -> str:
    if not names:
        return ""
    links = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in names)
    return f'<section aria-label="Files"><h2>Files</h2><ul class="files">{links}</ul></section>'
