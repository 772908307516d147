"""Addresses of pwa."""

from flask import Blueprint

blueprint = Blueprint("pwa", __name__)
