"""The client: one attribute a resource."""

from types import TracebackType
from typing import Any, Self

from plumbline_client.connection import Connection
from plumbline_client.resources.boards import Boards
from plumbline_client.resources.dead_letters import DeadLetters
from plumbline_client.resources.images import Images
from plumbline_client.resources.imports import Imports
from plumbline_client.resources.items import Items
from plumbline_client.resources.leases import Leases
from plumbline_client.resources.mappings import Mappings
from plumbline_client.resources.members import Members
from plumbline_client.resources.models import Models
from plumbline_client.resources.projects import Projects
from plumbline_client.resources.releases import Releases
from plumbline_client.resources.runs import Runs
from plumbline_client.resources.sets import Sets
from plumbline_client.resources.sources import Sources
from plumbline_client.resources.tasks import Tasks
from plumbline_client.resources.uploads import Uploads
from plumbline_client.resources.webhooks import Webhooks
from schema.bodies.accounts import MeBody


class Client:
    """Plumbline at `url`, as the member whose token this is; options are those of `Connection`."""

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self.connection = Connection(url, token, **options)
        self.projects = Projects(self.connection)
        self.members = Members(self.connection)
        self.sources = Sources(self.connection)
        self.uploads = Uploads(self.connection)
        self.images = Images(self.connection)
        self.imports = Imports(self.connection)
        self.items = Items(self.connection)
        self.tasks = Tasks(self.connection)
        self.leases = Leases(self.connection)
        self.boards = Boards(self.connection)
        self.models = Models(self.connection)
        self.mappings = Mappings(self.connection)
        self.runs = Runs(self.connection)
        self.sets = Sets(self.connection)
        self.releases = Releases(self.connection)
        self.webhooks = Webhooks(self.connection)
        self.dead_letters = DeadLetters(self.connection)

    def me(self) -> MeBody:
        return self.connection.get(MeBody, "/v1/me")

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
