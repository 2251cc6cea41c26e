"""SQL of tasks: the lists, and the changes that people make to them."""
