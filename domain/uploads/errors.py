"""Why a file, or a part of it, is not taken."""

from typing import ClassVar

from domain.errors import DomainError


class UploadLost(DomainError):
    """S3 does not know this unfinished upload any more."""

    code: ClassVar[str] = "upload_lost"


class UploadIncomplete(DomainError):
    """Parts of the file are missing."""

    code: ClassVar[str] = "upload_incomplete"


class PartWrongSize(DomainError):
    """A part has another size than it must have."""

    code: ClassVar[str] = "part_wrong_size"


class UploadTooLarge(DomainError):
    """The file is larger than what is taken."""

    code: ClassVar[str] = "upload_too_large"


class UploadNameRefused(DomainError):
    """Nothing of the name can stand in a key, or it is too long for one."""

    code: ClassVar[str] = "upload_name_refused"
