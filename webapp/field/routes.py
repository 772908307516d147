"""Addresses of the field part."""

from flask import Blueprint

blueprint = Blueprint("field", __name__, url_prefix="/field")
