"""Files that people send through our own address, in parts, so that a broken connection costs one part."""
