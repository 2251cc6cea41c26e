"""Where an item goes once its answers are merged: accepted, one more vote, or review."""
