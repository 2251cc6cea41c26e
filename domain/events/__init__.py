"""What happened, numbered per aggregate, for the systems that are told of it."""
