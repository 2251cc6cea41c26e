"""What letters are about, found when they are read: a handful of statements for a whole page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from domain.dead_letters.queries import about as queries
from domain.dead_letters.queries.about import PictureRow, PlaceRow
from domain.dead_letters.queries.desk import Letter
from domain.dead_letters.rules import Target, target_of

# What has an id of its own in a message, and the field that holds it.
_FIELDS = {
    "task": "task_id",
    "release": "release_id",
    "import": "import_id",
    "feed": "feed_id",
    "event": "event_id",
    "delivery": "delivery_id",
}


@dataclass(frozen=True, slots=True)
class About:
    """What a letter names, and what the reader's scope shows of it: the project, the webhook, the picture."""

    target: Target
    project_id: int | None = None
    webhook_id: int | None = None
    picture: PictureRow | None = None


def find_about(session: Session, letters: Sequence[Letter]) -> dict[int, About]:
    """Return by the id of each letter what it is about."""
    targets = {letter.id: target_of(letter.text) for letter in letters}
    listed = _list_places(session, list(targets.values()))
    places = {letter: _place(t, listed) for letter, t in targets.items()}
    targets = {letter: _joined(t, places[letter]) for letter, t in targets.items()}
    targets = _with_images(session, _with_sources(session, targets))
    ids = _ids(t.image_id for t in targets.values())
    pictures = queries.list_pictures(session, ids) if ids else {}
    return {letter: _about(t, places[letter], pictures.get(t.image_id or 0)) for letter, t in targets.items()}


def _list_places(session: Session, targets: Sequence[Target]) -> dict[str, dict[int, PlaceRow]]:
    """Return by kind and id where what has an id of its own belongs."""
    wanted = {what: _ids(getattr(t, field) for t in targets) for what, field in _FIELDS.items()}
    return {what: queries.list_places(session, what, ids) for what, ids in wanted.items() if ids}


def _place(target: Target, places: dict[str, dict[int, PlaceRow]]) -> PlaceRow | None:
    found = (places.get(what, {}).get(getattr(target, field) or 0) for what, field in _FIELDS.items())
    return next((place for place in found if place is not None), None)


def _joined(target: Target, place: PlaceRow | None) -> Target:
    if place is None:
        return target
    return replace(
        target,
        image_id=target.image_id or place.image_id,
        source_id=target.source_id or place.source_id,
        event_id=target.event_id or place.event_id,
    )


def _with_sources(session: Session, targets: dict[int, Target]) -> dict[int, Target]:
    """Add to the keys of events the source that they belong to."""
    buckets = sorted({t.bucket for t in targets.values() if t.bucket})
    sources = queries.list_bucket_sources(session, buckets) if buckets else []
    found = {}
    for letter, target in targets.items():
        fitting = (s.id for s in sources if s.bucket == target.bucket and (target.key or "").startswith(s.prefix))
        found[letter] = replace(target, source_id=target.source_id or next(fitting, None))
    return found


def _with_images(session: Session, targets: dict[int, Target]) -> dict[int, Target]:
    """Add to the keys of sources their newest image."""
    keys = {(t.source_id, t.key) for t in targets.values() if t.source_id and t.key and not t.image_id}
    images = queries.find_images_of(session, sorted(keys)) if keys else {}
    return {
        letter: replace(t, image_id=t.image_id or images.get((t.source_id or 0, t.key or "")))
        for letter, t in targets.items()
    }


def _about(target: Target, place: PlaceRow | None, picture: PictureRow | None) -> About:
    if picture is not None:
        target = replace(target, key=picture.key, source_id=picture.source_id)
    project_id = place.project_id if place else None
    return About(
        target=target,
        project_id=project_id or (picture.project_id if picture else None),
        webhook_id=place.webhook_id if place else None,
        picture=picture,
    )


def _ids(found: Iterable[int | None]) -> list[int]:
    return sorted({one for one in found if one})
