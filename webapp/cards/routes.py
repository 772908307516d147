"""Addresses of the cards part."""

from flask import Blueprint

blueprint = Blueprint("cards", __name__)
