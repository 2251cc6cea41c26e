"""Places in lists that have an order of their own: opaque texts, made and read here alone."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, TypeVar

from fastapi import Query
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from api.paging import MAX_LIMIT

MAX_PLACE = 400

Form = TypeVar("Form")

PlaceAfter = Annotated[str | None, Query(max_length=MAX_PLACE, description="`next` of the page before")]
PageLimit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def encode_place(*values: object) -> str:
    """Return a text for JSON values; `decode_place` gives them back."""
    return urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_place(place: str, form: TypeAdapter[Form]) -> Form:
    """Return the values of a place; raises RequestValidationError, naming `after`, for a text that is none of ours."""
    try:
        return form.validate_json(urlsafe_b64decode(place + "=" * (-len(place) % 4)))
    except (ValueError, ValidationError) as error:
        raise wrong_place() from error


def wrong_place() -> RequestValidationError:
    problem = "this is no `next` of a page in this order; leave it out to start at the beginning"
    return RequestValidationError([{"loc": ("query", "after"), "msg": problem, "type": "value_error"}])
