"""What an S3 hint may change. Pure."""

from domain.ingest.queries import KeyState


def is_older(sequencer: str, known: str) -> bool:
    """Tell whether an event is surely older than what is known.

    Sequencers of one key are hexadecimal and compare as text when equally long; unequal lengths, or a hint without
    one, decide nothing: then what HEAD says now is taken.
    """
    return bool(sequencer) and len(sequencer) == len(known) and sequencer < known


def newest(sequencer: str, known: KeyState | None) -> str:
    """Return the sequencer to remember."""
    if known is None or (sequencer and not is_older(sequencer, known.sequencer)):
        return sequencer
    return known.sequencer
