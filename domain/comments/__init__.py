"""What people say to each other about a task: remarks, replies, and whether a thread is resolved."""
