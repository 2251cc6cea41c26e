"""What is labelled in a project, each item with its newest task, what a model said, and its final labels."""
