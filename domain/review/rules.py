"""From merged objects and verdicts to the settled objects. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.review.errors import VerdictInvalid, VerdictMissing
from schema.enums import Cause, Choice, Origin
from schema.objects import LabelObject


@dataclass(frozen=True, slots=True)
class ContestedObject:
    """A merged object as the supervisor sees it; `versions` maps the lease that drew it to what it drew."""

    merged: LabelObject
    causes: tuple[Cause, ...]
    versions: Mapping[int, LabelObject]


@dataclass(frozen=True, slots=True)
class ObjectVerdict:
    """An answer about one object: `lease_id` goes with VERSION, `fixed` with FIX."""

    object_id: UUID
    choice: Choice
    lease_id: int | None = None
    fixed: LabelObject | None = None
    reason: str | None = None


def settle(
    objects: Sequence[ContestedObject], verdicts: Sequence[ObjectVerdict], added: Sequence[LabelObject]
) -> tuple[LabelObject, ...]:
    """Return the final objects: each keeps its id; what nobody contested stays unless a verdict says otherwise.

    Raises VerdictMissing for a contested object without an answer, VerdictInvalid for one that fits nothing.
    """
    known = {o.merged.id for o in objects}
    answers = {v.object_id: v for v in verdicts}
    if len(answers) < len(verdicts):
        raise VerdictInvalid("two verdicts are about the same object")
    if unknown := sorted(str(i) for i in answers.keys() - known):
        raise VerdictInvalid(f"the task has no object {unknown[0]}", objects=unknown)
    if missing := [str(o.merged.id) for o in objects if o.causes and o.merged.id not in answers]:
        raise VerdictMissing(f"{len(missing)} contested objects have no verdict yet", objects=missing)
    settled = [_settle_one(o, answers.get(o.merged.id)) for o in objects]
    drawn = [a.model_copy(update={"origin": Origin.REVIEW}) for a in added]
    if known & {a.id for a in drawn}:
        raise VerdictInvalid("an added object needs an id of its own; to change an object, fix it")
    return tuple(o for o in settled if o is not None) + tuple(drawn)


def _settle_one(contested: ContestedObject, verdict: ObjectVerdict | None) -> LabelObject | None:
    merged = contested.merged
    choice = verdict.choice if verdict else Choice.MERGED
    if verdict is None or choice is Choice.MERGED:
        return merged
    if choice is Choice.REMOVE:
        return None
    if choice is Choice.VERSION:
        version = contested.versions.get(verdict.lease_id or 0)
        if version is None:
            raise VerdictInvalid(f"lease {verdict.lease_id} drew no version of object {merged.id}")
        changed = {"id": merged.id, "origin": Origin.REVIEW, "derived_from": (version.id,), "score": None}
        return version.model_copy(update=changed)
    if choice is Choice.FIX and verdict.fixed is not None:
        changed = {"id": merged.id, "origin": Origin.REVIEW, "derived_from": merged.derived_from, "score": None}
        return verdict.fixed.model_copy(update=changed)
    raise VerdictInvalid(f"the verdict '{choice.value}' about object {merged.id} is incomplete")


def count_overturned(objects: Sequence[ContestedObject], verdicts: Sequence[ObjectVerdict]) -> dict[int, int]:
    """Return by lease how many objects drawn under it the verdicts changed: removed, fixed, or another's taken instead.

    The lease whose version was taken keeps its object; where the merged object stays, nobody's is changed.
    """
    drawn = {o.merged.id: o.versions for o in objects}
    changed = Counter(
        lease
        for verdict in verdicts
        if verdict.choice in {Choice.VERSION, Choice.FIX, Choice.REMOVE}
        for lease in drawn.get(verdict.object_id, ())
        if not (verdict.choice is Choice.VERSION and lease == verdict.lease_id)
    )
    return dict(sorted(changed.items()))
