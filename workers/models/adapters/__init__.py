"""One thin file a family of models; imported in the child process that runs the model, and nowhere else."""
