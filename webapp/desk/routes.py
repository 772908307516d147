"""Addresses of the desk part."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
