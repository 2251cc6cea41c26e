"""One module a topic. A handler reads the row, does what is due, and is a no-op when nothing is."""

from schema.enums import Topic
from workers.handlers import decide, images, prelabel, release
from workers.work import Handler

HANDLERS: dict[Topic, Handler] = {
    Topic.IMAGES: images.handle,
    Topic.PRELABEL: prelabel.handle,
    Topic.DECIDE: decide.handle,
    Topic.RELEASE: release.handle,
}
