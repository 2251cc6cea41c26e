"""What a release is written from: the accepted images, their final objects, and the votes behind them, page by page."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import IO, Any

from domain.pseudonyms import pseudonym
from domain.releases.coco import coco_annotation, coco_image
from domain.releases.queries import ReleasedImage, ReleaseRow
from domain.releases.service import PAGE, VOTES_PAGE, list_shapes, list_tagged, list_votes
from domain.releases.votes import vote_record
from schema.objects import LabelObject, canonical_json
from workers.work import Work, client_scope

CHUNK_BYTES = 65_536
_NOTE = struct.Struct("<6q")


@dataclass(frozen=True, slots=True)
class _Note:
    """What the first pass found of an image."""

    image_id: int
    task_id: int
    decision_id: int
    height: int
    width: int
    submits: int


class Snapshot:
    """The images of a release, then the objects of exactly those images, then their votes; counts the first two.

    Work is accepted, replaced and cancelled while a release is written. So the first pass notes in `notes` which
    decision it found for each image, and the others read those decisions, which never change.
    """

    def __init__(self, work: Work, release: ReleaseRow, notes: IO[bytes]) -> None:
        self._work = work
        self._release = release
        self._notes = notes
        self._scope = client_scope(release.client_org)
        self.images = 0
        self.objects = 0

    def iter_images(self) -> Iterator[dict[str, Any]]:
        after = 0
        while page := self._read_page(after):
            for image, tags in page:
                self.images += 1
                self._notes.write(
                    _NOTE.pack(
                        image.image_id, image.task_id, image.decision_id, image.height, image.width, image.submits
                    )
                )
                yield coco_image(
                    image_id=image.image_id,
                    file_name=image.key,
                    height=image.height,
                    width=image.width,
                    sha256=image.sha256,
                    tags=tags,
                )
            after = page[-1][0].item_id

    def iter_annotations(self) -> Iterator[dict[str, Any]]:
        for noted in self._iter_notes(PAGE):
            with self._work.database.begin(self._scope) as session:
                found = list_shapes(session, self._release, [note.decision_id for note in noted])
            for note, shapes in zip(noted, found, strict=True):
                for shape in shapes:
                    self.objects += 1
                    yield coco_annotation(
                        shape.item,
                        annotation_id=self.objects,
                        image_id=note.image_id,
                        height=note.height,
                        width=note.width,
                        revision=note.submits,
                        measured=shape.measured,
                    )

    def iter_votes(self) -> Iterator[bytes]:
        """Yield the votes as lines of JSON, in chunks; none at all where nothing was accepted."""
        secret = self._work.settings.secret.get_secret_value().encode()
        name = partial(pseudonym, secret, project_id=self._release.project_id)
        author_of = cache(lambda member_id: name(member_id=member_id))
        buffer = bytearray()
        for noted in self._iter_notes(VOTES_PAGE):
            with self._work.database.begin(self._scope) as session:
                found = list_votes(session, self._release, [note.task_id for note in noted])
            for note in noted:
                decisions, votes = found[note.task_id]
                record = vote_record(
                    task_id=note.task_id,
                    image_id=note.image_id,
                    decisions=decisions,
                    votes=votes,
                    author_of=author_of,
                )
                buffer += canonical_json(record) + b"\n"
            if len(buffer) >= CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
        if buffer:
            yield bytes(buffer)

    def _iter_notes(self, count: int) -> Iterator[list[_Note]]:
        self._notes.seek(0)
        while noted := [_Note(*values) for values in _NOTE.iter_unpack(self._notes.read(count * _NOTE.size))]:
            yield noted

    def _read_page(self, after: int) -> list[tuple[ReleasedImage, tuple[LabelObject, ...]]]:
        with self._work.database.begin(self._scope) as session:
            return list_tagged(session, self._release, after=after)
