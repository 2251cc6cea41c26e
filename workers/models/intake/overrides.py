"""What whoever brings a model says of it: in `plumbline.json`, or with the request."""

from pydantic import ValidationError

from schema.models import CardOverrides
from workers.models.intake.refusals import ModelRefused, Reason, plain


def parse_overrides(document: object, source: str) -> CardOverrides:
    """Return what is said of a model. Raises ModelRefused, naming the keys that are wrong."""
    try:
        overrides = CardOverrides.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        what = "nobody knows this key" if first["type"] == "extra_forbidden" else first["msg"]
        key = ".".join(map(str, first["loc"]))
        raise ModelRefused(
            Reason.OVERRIDES_DAMAGED,
            f"{source}: {plain(key, 60)}: {plain(what)}. Known keys: {', '.join(CardOverrides.model_fields)}.",
        ) from error
    if overrides.input is not None and 0 in overrides.input.std:
        raise ModelRefused(Reason.OVERRIDES_DAMAGED, f"{source}: input.std: nothing can be divided by 0.")
    return overrides
