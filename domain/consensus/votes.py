"""Majority votes on classes and attributes. Ties go to whoever voted first; they are contested elsewhere."""

from collections import Counter
from collections.abc import Sequence

from schema.objects import AttributeValue, LabelObject


def majority_class(drawers: Sequence[LabelObject]) -> tuple[int, float]:
    """Return the class that most drawers gave and its share of them, in (0, 1].

    `drawers` come by lease; of equally frequent classes the one given first wins.
    """
    counts = Counter(d.class_id for d in drawers)
    class_id, count = counts.most_common(1)[0]  # of equal counts, the first seen
    return class_id, count / len(drawers)


def majority_attributes(drawers: Sequence[LabelObject], *, class_id: int) -> dict[str, AttributeValue]:
    """Return for each attribute the value most drawers of `class_id` gave, sorted by key.

    Leaving an attribute out is a vote too: a key that most left out is left out. Ties go to the value given first, a
    given value before none. Values of different kinds differ (1 is not True).
    """
    voters = [d.attributes for d in drawers if d.class_id == class_id]
    result: dict[str, AttributeValue] = {}
    for key in sorted({key for attributes in voters for key in attributes}):
        given = [attributes[key] for attributes in voters if key in attributes]
        (_, value), count = Counter((type(v).__name__, v) for v in given).most_common(1)[0]
        if count >= len(voters) - len(given):
            result[key] = value
    return result
