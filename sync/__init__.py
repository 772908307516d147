"""Changes, their merge, their numbering and their exchange between phones and server.

Invariant: this package knows neither Flask nor ``webapp``; what a kind is comes in as a catalogue.
"""
