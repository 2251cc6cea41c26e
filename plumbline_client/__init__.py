"""A client of Plumbline's API: typed bodies out, problems as errors, retries that create nothing twice."""

from plumbline_client.client import Client
from plumbline_client.errors import ChecksumWrong, FieldProblem, PlumblineError, SignatureWrong, Unreachable
from plumbline_client.signatures import verify_signature

__all__ = [
    "ChecksumWrong",
    "Client",
    "FieldProblem",
    "PlumblineError",
    "SignatureWrong",
    "Unreachable",
    "verify_signature",
]
