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
    DISCARDED = "discarded"


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


class SkipKind(StrEnum):
    """What becomes of skipped work: it comes back to the same member later, goes to others, or to a supervisor."""

    LATER = "later"
    OTHERS = "others"
    UNLABELABLE = "unlabelable"


class EndReason(StrEnum):
    """How a lease ended."""

    SUBMITTED = "submitted"
    LATER = "later"
    OTHERS = "others"
    UNLABELABLE = "unlabelable"
    RELEASED = "released"
    EXPIRED = "expired"
    TAKEN_BACK = "taken_back"


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
    MODEL = "model"


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
    IMPORT = "import"
    WEBHOOK = "webhook"
    MODEL = "model"
    RUN = "run"


class DeadLetterState(StrEnum):
    """What became of a message that was given up: it waits for a person, went back to its queue, or was let go."""

    DEAD = "dead"
    REDRIVEN = "redriven"
    DISCARDED = "discarded"


class TokenKind(StrEnum):
    """What a secret of a member opens: the API for a program, the pages for a browser, or the first sign-in."""

    PERSONAL = "personal"
    SESSION = "session"
    INVITATION = "invitation"


class TokenScope(StrEnum):
    """What a personal token may do at most; its member's role may allow less."""

    READ = "read"
    WORK = "work"
    MANAGE = "manage"


class SourceEvents(StrEnum):
    """How the bucket tells of new objects; with none, only listings find them."""

    S3 = "s3"
    EVENTBRIDGE = "eventbridge"
    NONE = "none"


class SourceKind(StrEnum):
    """A bucket of the client's, or a prefix that Plumbline keeps for uploads through the browser."""

    CLIENT = "client"
    HOSTED = "hosted"


class UploadPurpose(StrEnum):
    PICTURE = "picture"
    LABELS = "labels"
    MODEL = "model"


class UploadState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    ABORTED = "aborted"


class ImportFormat(StrEnum):
    COCO = "coco"
    YOLO = "yolo"


class ImportMode(StrEnum):
    """Imported labels are shown like a model's, or stand as accepted work."""

    PREDICTIONS = "predictions"
    ACCEPTED = "accepted"


class ImportState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


class ReleaseContent(StrEnum):
    """What a release holds beside the accepted objects: nothing, or every vote under a pseudonym."""

    ACCEPTED = "accepted"
    VOTES = "votes"


class EventKind(StrEnum):
    """What other systems are told of; the part before the dot is the aggregate."""

    TASK_ACCEPTED = "task.accepted"
    TASK_REJECTED = "task.rejected"
    TASK_IN_REVIEW = "task.in_review"
    TASK_SENT_BACK = "task.sent_back"
    TASK_REOPENED = "task.reopened"
    TASK_CANCELLED = "task.cancelled"
    IMAGE_QUARANTINED = "image.quarantined"
    COMMENT_CREATED = "comment.created"
    PROJECT_CHANGED = "project.changed"
    RELEASE_COMPLETE = "release.complete"
    RELEASE_FAILED = "release.failed"
    IMPORT_COMPLETE = "import.complete"
    IMPORT_FAILED = "import.failed"
    RUN_COMPLETE = "run.complete"
    RUN_FAILED = "run.failed"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class NotificationKind(StrEnum):
    """Why a member has a line in the inbox."""

    SENT_BACK = "sent_back"
    COMMENT = "comment"
    REOPENED = "reopened"
    RELEASE_READY = "release_ready"
    RELEASE_FAILED = "release_failed"
    IMPORT_READY = "import_ready"
    IMPORT_FAILED = "import_failed"
    GUIDELINES = "guidelines"
    MODEL_READY = "model_ready"
    MODEL_REFUSED = "model_refused"
    RUN_READY = "run_ready"
    RUN_FAILED = "run_failed"


class ModelOrigin(StrEnum):
    """Where a model version comes from: ours, an import of labels, somebody's weights."""

    BUILT_IN = "built_in"
    IMPORT = "import"
    UPLOAD = "upload"


class ModelState(StrEnum):
    VALIDATING = "validating"
    READY = "ready"
    REFUSED = "refused"
    RETIRED = "retired"


class RunPurpose(StrEnum):
    """A run over what a filter finds, or a trial on a few images that nobody is shown but who looks at it."""

    RUN = "run"
    TRIAL = "trial"


class RunState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ChunkState(StrEnum):
    """What became of a part of a run; `failed` was given up as a whole, `paused` and `cancelled` with its run."""

    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
