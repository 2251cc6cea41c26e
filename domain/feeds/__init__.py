"""The connection of a source to a project: who gets items for whose images, since when and until when."""
