"""SQL of who may work: rights, and the list of people with what keeps them out."""
