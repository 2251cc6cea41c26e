"""What people want to know of a project: counts, agreement, tasks, images, and why a task stands where it does."""
