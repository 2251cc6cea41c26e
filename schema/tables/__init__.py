"""The database, table by table. Importing this package fills `metadata`."""

from schema.tables.accounts import ApiTokenTable, MemberTable, OrganisationTable, PersonTable
from schema.tables.base import Table, metadata
from schema.tables.images import (
    BlobHeadTable,
    FeedTable,
    ImageTable,
    ItemTable,
    ModelVersionTable,
    PredictionTable,
    SourceTable,
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
    GuidelineVersionTable,
    OntologyVersionTable,
    PolicyVersionTable,
    ProjectTable,
)
from schema.tables.tasks import LaneMemberTable, LaneTable, SeatTable, TaskTable, lease_seq, queue_key_seq
from schema.tables.work import AnnotationTable, DraftTable, LeaseTable, WorkTimeTable

__all__ = [
    "AnnotationTable",
    "ApiTokenTable",
    "AuditEventTable",
    "BlobHeadTable",
    "ClassTable",
    "ConsensusObjectTable",
    "DecisionTable",
    "DraftTable",
    "EngagementTable",
    "FeedTable",
    "GuidelineVersionTable",
    "IdempotencyTable",
    "ImageTable",
    "ItemTable",
    "LaneMemberTable",
    "LaneTable",
    "LeaseTable",
    "MemberTable",
    "ModelVersionTable",
    "OntologyVersionTable",
    "OrganisationTable",
    "OutboxTable",
    "PersonTable",
    "PolicyVersionTable",
    "PredictionTable",
    "ProjectTable",
    "ReleaseShardTable",
    "ReleaseTable",
    "SeatTable",
    "SourceTable",
    "Table",
    "TaskTable",
    "VerdictTable",
    "WorkTimeTable",
    "lease_seq",
    "metadata",
    "queue_key_seq",
]
