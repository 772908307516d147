"""View-models of the phone's pages: from rows to strings, lists and booleans that a template prints. Pure.

Each file has a twin of the same name in static/field/view_models; both pass tests/vectors/view_models.
"""
