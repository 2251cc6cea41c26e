"""The registry of models: versions with their cards and aliases, and how their classes become a project's."""
