"""What only a machine with CUDA can tell; skipped, with a reason, on others."""
