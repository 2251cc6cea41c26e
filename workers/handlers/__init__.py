"""One module a topic. A handler reads the row, does what is due, and is a no-op when nothing is."""

from schema.enums import Topic
from workers.handlers import decide, images, imports, models, prelabel, release, runs, webhooks
from workers.work import Handler

HANDLERS: dict[Topic, Handler] = {
    Topic.IMAGES: images.handle,
    Topic.PRELABEL: prelabel.handle,
    Topic.DECIDE: decide.handle,
    Topic.RELEASE: release.handle,
    Topic.IMPORT: imports.handle,
    Topic.WEBHOOK: webhooks.handle,
    Topic.MODEL: models.handle,
    Topic.RUN: runs.handle,
}
