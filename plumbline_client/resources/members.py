"""People of the organisation: what they were measured in."""

from collections.abc import Iterable, Iterator

from plumbline_client.connection import Connection, parse
from schema.bodies.members import MemberBody, MemberSkillsBody, SkillImportBody, SkillsBody
from schema.enums import Role
from schema.skills import Skill


class Members:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, role: Role | None = None, state: str | None = None) -> Iterator[MemberBody]:
        return self._connection.pages(MemberBody, "/v1/members", role=role.value if role else None, state=state)

    def skills(self, member_id: int) -> MemberSkillsBody:
        return self._connection.get(MemberSkillsBody, f"/v1/members/{member_id}/skills")

    def set_skills(self, member_id: int, skills: Iterable[Skill]) -> MemberSkillsBody:
        """Replace what a member was measured in; where they may work follows at once."""
        body = SkillsBody(skills=tuple(skills)).model_dump(mode="json")
        return parse(MemberSkillsBody, self._connection.call("PUT", f"/v1/members/{member_id}/skills", json=body))

    def import_skills(self, content: bytes) -> SkillImportBody:
        """Note the skills of a CSV file (email, skill, score, low, high), all or none of them."""
        return parse(SkillImportBody, self._connection.post_csv("/v1/members/skills", content))
