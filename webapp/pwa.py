"""What makes the site an app: the worker at the root scope, and the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, send_from_directory
from flask_babel import gettext as _

blueprint = Blueprint("pwa", __name__)


@blueprint.get("/sw.js")
def show_worker() -> Response:
    """The service worker, never from a cache, so that a phone learns of a new build."""
    folder = Path(current_app.static_folder or "") / "dist"
    if not (folder / "sw.js").exists():
        abort(404)
    response = send_from_directory(folder, "sw.js", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@blueprint.get("/manifest.webmanifest")
def show_manifest() -> Response:
    """The app's manifest."""
    icons: list[dict[str, Any]] = [
        {
            "src": f"/static/dist/icon-{size}.png",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": use,
        }
        for size in (192, 512)
        for use in ("any", "maskable")
    ]
    answer = jsonify(
        name=_("敲门 · 走访台账"),
        short_name=_("敲门"),
        lang="zh-Hans",
        start_url="/field/today",
        scope="/",
        display="standalone",
        background_color="#f7f4ec",
        theme_color="#0a4a3e",
        icons=icons,
    )
    answer.mimetype = "application/manifest+json"
    return answer
