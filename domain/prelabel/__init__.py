"""Between an image and its open task: what a model said, and the opening of the first seat."""
