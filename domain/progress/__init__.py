"""What people want to know of a project: counts, agreement, its tasks and images, and why a task stands where it does."""
