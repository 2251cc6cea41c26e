"""What the registry of models refuses."""

from typing import ClassVar

from domain.errors import DomainError


class MappingInvalid(DomainError):
    """A class mapping names a class that the model or the project does not have, or has given up."""

    code: ClassVar[str] = "mapping_invalid"
