"""Where the files of models lie in our own bucket."""


def model_prefix(*, client_org: int, model_version_id: int) -> str:
    """Where the files of a model version lie, each under its own name."""
    return f"org/{client_org}/models/{model_version_id}/"
