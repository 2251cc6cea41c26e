"""Runs of a model over a project's items, the prediction sets they leave, and how two sets differ."""
