"""Tasks as those see them who answer for the work: listed, told of, frozen, cancelled, opened again."""
