"""Shapes as pixels and back: rasters, run lengths, overlap, contours, validity. Pure NumPy; no SQL, no files."""
