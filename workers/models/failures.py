"""What can go wrong with a model that somebody dropped in; no fault of the message that asked for it."""


class ModelFailed(Exception):
    """The model cannot be run, or not on this picture; the message says why, for whoever brought the model."""


class ModelUnusable(ModelFailed):
    """The model as it is cannot be run on any picture, until somebody mends that."""
