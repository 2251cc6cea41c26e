"""The database, table by table. Importing this package fills `metadata`."""

from schema.tables.accounts import (
    ApiTokenTable,
    MemberTable,
    NotificationTable,
    OrganisationTable,
    PersonIdentityTable,
    PersonTable,
    PreferenceTable,
    SignInAttemptTable,
)
from schema.tables.base import Table, metadata
from schema.tables.comments import CommentTable
from schema.tables.dead_letters import DeadLetterTable
from schema.tables.images import (
    BlobHeadTable,
    FeedTable,
    ImageTable,
    ItemTable,
    SourceTable,
)
from schema.tables.models import (
    ClassMappingTable,
    ModelAliasTable,
    ModelOutputTable,
    ModelRunChunkTable,
    ModelRunTable,
    ModelVersionTable,
    PredictionTable,
)
from schema.tables.outbox import AuditEventTable, IdempotencyTable, OutboxTable
from schema.tables.outcomes import (
    ConsensusObjectTable,
    DecisionTable,
    ReleaseShardTable,
    ReleaseTable,
    VerdictTable,
)
from schema.tables.projects import (
    ClassTable,
    EngagementTable,
    GuidelineAcknowledgementTable,
    GuidelineVersionTable,
    OntologyVersionTable,
    PolicyVersionTable,
    ProjectTable,
)
from schema.tables.tasks import LaneMemberTable, LaneTable, SeatTable, TaskTable, lease_seq, queue_key_seq
from schema.tables.uploads import LabelImportTable, UploadPartTable, UploadTable
from schema.tables.webhooks import EventTable, WebhookDeliveryTable, WebhookTable
from schema.tables.work import AnnotationTable, DraftTable, LeaseTable, WorkTimeTable

__all__ = [
    "AnnotationTable",
    "ApiTokenTable",
    "AuditEventTable",
    "BlobHeadTable",
    "ClassMappingTable",
    "ClassTable",
    "CommentTable",
    "ConsensusObjectTable",
    "DeadLetterTable",
    "DecisionTable",
    "DraftTable",
    "EngagementTable",
    "EventTable",
    "FeedTable",
    "GuidelineAcknowledgementTable",
    "GuidelineVersionTable",
    "IdempotencyTable",
    "ImageTable",
    "ItemTable",
    "LabelImportTable",
    "LaneMemberTable",
    "LaneTable",
    "LeaseTable",
    "MemberTable",
    "ModelAliasTable",
    "ModelOutputTable",
    "ModelRunChunkTable",
    "ModelRunTable",
    "ModelVersionTable",
    "NotificationTable",
    "OntologyVersionTable",
    "OrganisationTable",
    "OutboxTable",
    "PersonIdentityTable",
    "PersonTable",
    "PolicyVersionTable",
    "PredictionTable",
    "PreferenceTable",
    "ProjectTable",
    "ReleaseShardTable",
    "ReleaseTable",
    "SeatTable",
    "SignInAttemptTable",
    "SourceTable",
    "Table",
    "TaskTable",
    "UploadPartTable",
    "UploadTable",
    "VerdictTable",
    "WebhookDeliveryTable",
    "WebhookTable",
    "WorkTimeTable",
    "lease_seq",
    "metadata",
    "queue_key_seq",
]
