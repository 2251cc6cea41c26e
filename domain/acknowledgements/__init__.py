"""Who has read which version of a project's guidelines."""
