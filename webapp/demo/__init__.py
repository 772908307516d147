"""The demo village: 青禾村, its ledger as the office keeps it, an account for each role.

People and numbers are invented. Everything goes in by the same path as real work: the roster by the
importer, accounts by grants, visits by changes through the fold.
"""
