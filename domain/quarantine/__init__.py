"""The desk for pictures that do not come in: why each was put aside, once more, or out for good."""
