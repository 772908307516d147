"""A whole county, invented: for measuring, and for trying how a desk over many grids feels.

Invariant: a function of its seed and sizes; everything is what the fold would have written.
"""
