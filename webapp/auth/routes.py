"""Addresses of the auth part."""

from flask import Blueprint

blueprint = Blueprint("auth", __name__, url_prefix="/auth")
