"""Addresses of the ledger part."""

from flask import Blueprint

blueprint = Blueprint("ledger", __name__, url_prefix="/desk/roster")
