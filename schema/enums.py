"""Every enumeration that is stored. Text or small integers with a CHECK; never a PostgreSQL enum (not leakproof)."""

from enum import IntEnum, StrEnum


class OrganisationKind(StrEnum):
    CLIENT = "client"
    VENDOR = "vendor"


class Role(StrEnum):
    CLIENT = "client"
    ANNOTATOR = "annotator"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"


class ImageState(StrEnum):
    RECEIVED = "received"
    READY = "ready"
    QUARANTINED = "quarantined"
    SUPERSEDED = "superseded"
    DELETED = "deleted"


class TaskState(IntEnum):
    WAITING = 0
    OPEN = 1
    DECIDING = 2
    IN_REVIEW = 3
    ACCEPTED = 4
    REJECTED = 5
    CANCELLED = 6


class Stage(StrEnum):
    LABEL = "label"
    REVIEW = "review"


class Purpose(StrEnum):
    WORK = "work"
    GOLD = "gold"
    AUDIT = "audit"


class LaneKind(StrEnum):
    FRESH = "fresh"
    STARTED = "started"
    PERSONAL = "personal"


class SeatState(IntEnum):
    FREE = 0
    LEASED = 1
    FILLED = 2


class Origin(StrEnum):
    """Where an object of an annotation came from."""

    DRAWN = "drawn"
    ASSISTED = "assisted"
    PRELABEL_ACCEPTED = "prelabel_accepted"
    PRELABEL_EDITED = "prelabel_edited"
    CONSENSUS = "consensus"
    REVIEW = "review"
    MODEL = "model"
    IMPORT = "import"


class Cause(StrEnum):
    """Why an object or a task is contested."""

    MISSING = "missing"
    EXTRA = "extra"
    CLASS = "class"
    BOUNDARY = "boundary"
    SPLIT_MERGE = "split_merge"
    GOLD = "gold"
    AUDIT = "audit"
    FLAGGED = "flagged"


class Outcome(StrEnum):
    ACCEPT = "accept"
    ONE_MORE = "one_more"
    REVIEW = "review"
    SEND_BACK = "send_back"
    REJECT = "reject"


class Choice(StrEnum):
    """A supervisor's answer: about one object, or (send back, reject) about the task."""

    MERGED = "merged"
    VERSION = "version"
    FIX = "fix"
    REMOVE = "remove"
    SEND_BACK = "send_back"
    REJECT = "reject"


class PreLabeling(StrEnum):
    OFF = "off"
    PLAIN_BACKGROUND = "plain_background"


class ReleaseState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class Topic(StrEnum):
    """The queues of the outbox; the name of a topic is the name of its queue."""

    IMAGES = "images"
    PRELABEL = "prelabel"
    DECIDE = "decide"
    RELEASE = "release"
