"""A client's labelling jobs: their versions, lanes, vendors, and the workforce that may draw from the lanes."""
