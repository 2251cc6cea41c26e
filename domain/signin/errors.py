"""What can be refused at the door."""

from domain.errors import DomainError


class SignInFailed(DomainError):
    """No member has this address and this password; which of the two is wrong is not told."""

    code = "sign_in_failed"


class TooManyAttempts(DomainError):
    """Too many sign-ins of this address or from this network failed; `retry_after_s` says how long to wait."""

    code = "too_many_attempts"


class LinkExpired(DomainError):
    """The link of an invitation was used, is too old, or was withdrawn."""

    code = "link_expired"


class PasswordRefused(DomainError):
    """A password that cannot be one."""

    code = "password_refused"
