"""Match F1: how many of the objects of two people are the same things. Pure."""


def match_f1(*, matched: float, objects: float) -> float:
    """Return 2 * matched / objects in [0, 1], `objects` being the sum over both people.

    Two empty answers agree fully: 1. The same value comes out whoever is taken as the truth (it is the F1 of either
    against the other, and the Dice coefficient of the two sets; Hripcsak & Rothschild 2005, doi:10.1197/jamia.M1733).
    """
    return 1.0 if objects == 0 else 2 * matched / objects
